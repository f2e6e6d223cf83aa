//! The smallest program that sends a message, in a language: nothing to install beyond the language itself, so that the
//! first call needs no SOAP stack.

/// A language of sample programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Curl,
    Python,
    Node,
    Java,
    Php,
    Csharp,
}

impl Program {
    pub const ALL: [Program; 6] = [
        Program::Curl,
        Program::Python,
        Program::Node,
        Program::Java,
        Program::Php,
        Program::Csharp,
    ];

    /// Its name as an argument.
    pub fn as_str(self) -> &'static str {
        match self {
            Program::Curl => "curl",
            Program::Python => "python",
            Program::Node => "node",
            Program::Java => "java",
            Program::Php => "php",
            Program::Csharp => "csharp",
        }
    }

    /// Its name to people.
    pub fn title(self) -> &'static str {
        match self {
            Program::Curl => "curl",
            Program::Python => "Python 3",
            Program::Node => "Node.js 18",
            Program::Java => "Java 15",
            Program::Php => "PHP",
            Program::Csharp => "C#",
        }
    }

    /// How the file is named and run.
    pub fn run(self) -> &'static str {
        match self {
            Program::Curl => "sh call.sh",
            Program::Python => "python3 call.py",
            Program::Node => "node call.mjs",
            Program::Java => "java Call.java",
            Program::Php => "php call.php",
            Program::Csharp => {
                "csc Call.cs && Call.exe (Mono: mcs -r:System.Net.Http Call.cs && mono Call.exe)"
            }
        }
    }

    /// The program that posts `message` to `url` and prints the answer.
    pub fn text(self, url: &str, message: &str) -> String {
        let message = message.trim_end();
        match self {
            Program::Curl => format!(
                "curl -sS -H 'Content-Type: text/xml; charset=utf-8' --data-binary @- {url} <<'MESSAGE'\n{message}\nMESSAGE\n"
            ),
            Program::Python => format!(
                "import urllib.error\nimport urllib.request\n\n\
                 message = r\"\"\"{message}\"\"\"\n\n\
                 request = urllib.request.Request(\n    \"{url}\",\n    data=message.encode(\"utf-8\"),\n    \
                 headers={{\"Content-Type\": \"text/xml; charset=utf-8\"}},\n)\n\
                 try:\n    print(urllib.request.urlopen(request).read().decode(\"utf-8\"))\n\
                 except urllib.error.HTTPError as fault:  # a SOAP fault comes with status 500\n    \
                 print(fault.read().decode(\"utf-8\"))\n"
            ),
            Program::Node => format!(
                "const message = String.raw`{message}`;\n\n\
                 const answer = await fetch(\"{url}\", {{\n  method: \"POST\",\n  \
                 headers: {{ \"Content-Type\": \"text/xml; charset=utf-8\" }},\n  body: message,\n}});\n\
                 console.log(await answer.text());\n"
            ),
            Program::Java => format!(
                "import java.net.URI;\nimport java.net.http.HttpClient;\nimport java.net.http.HttpRequest;\n\
                 import java.net.http.HttpResponse.BodyHandlers;\n\n\
                 public class Call {{\n  public static void main(String[] arguments) throws Exception {{\n    \
                 String message = \"\"\"\n{}\n        \"\"\".strip();\n    \
                 HttpRequest request = HttpRequest.newBuilder(URI.create(\"{url}\"))\n        \
                 .header(\"Content-Type\", \"text/xml; charset=utf-8\")\n        \
                 .POST(HttpRequest.BodyPublishers.ofString(message)).build();\n    \
                 System.out.println(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body());\n  }}\n}}\n",
                indented(message, 8).replace('\\', "\\\\")
            ),
            Program::Php => format!(
                "<?php\n$message = <<<'MESSAGE'\n{message}\nMESSAGE;\n\n\
                 $call = stream_context_create(['http' => [\n    'method' => 'POST',\n    \
                 'header' => 'Content-Type: text/xml; charset=utf-8',\n    'content' => $message,\n    \
                 'ignore_errors' => true, // a SOAP fault comes with status 500\n]]);\n\
                 echo file_get_contents('{url}', false, $call), \"\\n\";\n"
            ),
            Program::Csharp => format!(
                "using System;\nusing System.Net.Http;\nusing System.Text;\n\n\
                 public static class Call\n{{\n    public static void Main()\n    {{\n        \
                 string message = @\"{}\";\n        using (var client = new HttpClient())\n        {{\n            \
                 var body = new StringContent(message, Encoding.UTF8, \"text/xml\");\n            \
                 var answer = client.PostAsync(\"{url}\", body).Result;\n            \
                 Console.WriteLine(answer.Content.ReadAsStringAsync().Result);\n        }}\n    }}\n}}\n",
                message.replace('"', "\"\"")
            ),
        }
    }
}

fn indented(text: &str, spaces: usize) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("{:spaces$}{line}", ""))
        .collect();
    lines.join("\n")
}
