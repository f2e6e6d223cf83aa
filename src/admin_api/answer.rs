//! A command's lines put together to one JSON object, under a limit, and a command's failure as a problem.

use bytes::Bytes;
use openssl::base64;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::http::problem::{Problem, Reason};
use crate::operate::{Admitted, Failed, LINES_WAITING_MAX, Line};
use crate::services::Services;
use crate::store::StoreError;

/// What an operation answers.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    exit_code: u8,
    result: Value,
    /// Bytes of a file, in base 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    messages: Vec<String>,
}

/// Runs an admitted command to its end and answers it whole.
///
/// # Errors
/// The command failed, or its answer is larger than `bytes_max`: then it was stopped where it was.
pub async fn whole(
    admitted: Admitted,
    services: &Services,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let (sender, mut lines) = mpsc::channel(LINES_WAITING_MAX);
    let gathering = async {
        let mut gathered = Gathered::new(bytes_max);
        while let Some(line) = lines.recv().await {
            if !gathered.take(line) {
                break;
            }
        }
        // No more lines are taken: a command that still has some stops.
        drop(lines);
        gathered
    };
    let (done, gathered) = tokio::join!(admitted.perform(services, sender), gathering);
    let too_large = || {
        let detail = format!(
            "the answer is larger than {bytes_max} bytes (limits.admin_answer_bytes_max): what was done by then stays \
             done; ask for lines, Accept: application/x-ndjson"
        );
        Problem::new(Reason::AnswerTooLarge, detail)
    };
    if gathered.is_too_large {
        return Err(too_large());
    }
    done.map_err(problem)?;
    let Gathered {
        mut envelope, data, ..
    } = gathered;
    envelope.data = (!data.is_empty()).then(|| base64::encode_block(&data));
    let body = serde_json::to_vec(&envelope).map_err(|error| problem(error.into()))?;
    if body.len() > bytes_max {
        return Err(too_large());
    }
    Ok(Bytes::from(body))
}

/// What has come so far.
struct Gathered {
    envelope: Envelope,
    data: Vec<u8>,
    bytes: usize,
    bytes_max: usize,
    is_too_large: bool,
}

impl Gathered {
    fn new(bytes_max: usize) -> Gathered {
        Gathered {
            envelope: Envelope::default(),
            data: Vec::new(),
            bytes: 0,
            bytes_max,
            is_too_large: false,
        }
    }

    /// Takes a line; `false` when there is no room for it.
    fn take(&mut self, line: Line) -> bool {
        let envelope = &mut self.envelope;
        let bytes = match line {
            // For people: the result says the same.
            Line::Out(_) => 0,
            Line::Err(text) => {
                let bytes = text.len();
                envelope.messages.push(text);
                bytes
            }
            Line::Data(text) => {
                let bytes = text.len();
                self.data
                    .extend(base64::decode_block(&text).unwrap_or_default());
                bytes
            }
            Line::Result(value) => {
                let bytes = size(&value);
                envelope.result = value;
                bytes
            }
            Line::List => {
                envelope.result = Value::Array(Vec::new());
                0
            }
            Line::Item(value) => {
                let bytes = size(&value);
                if let Value::Array(items) = &mut envelope.result {
                    items.push(value);
                }
                bytes
            }
            Line::Done(exit_code) => {
                envelope.exit_code = exit_code;
                0
            }
        };
        self.bytes = self.bytes.saturating_add(bytes);
        self.is_too_large = self.bytes > self.bytes_max;
        !self.is_too_large
    }
}

/// How long a value is as JSON.
fn size(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |text| text.len())
}

/// Why a command was not done, for who called it over HTTP.
pub fn problem(failed: Failed) -> Problem {
    let reason = match &failed {
        Failed::Refused(_)
        | Failed::Store(StoreError::Refused(_) | StoreError::RecordTooLarge { .. }) => {
            Reason::Refused
        }
        Failed::Forbidden(_) => Reason::Forbidden,
        Failed::Store(StoreError::Busy | StoreError::Conflict) => Reason::Busy,
        Failed::Store(_) => Reason::StoreUnavailable,
        Failed::Secrets(_) | Failed::Json(_) | Failed::Toml(_) | Failed::OutputClosed => {
            Reason::Internal
        }
    };
    match reason {
        Reason::StoreUnavailable | Reason::Internal => {
            tracing::error!("an operation failed: {failed}");
            Problem::new(reason, "what failed is in the server's log")
        }
        _ => Problem::new(reason, failed.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_grows_by_items_and_messages_stand_beside_it() {
        let mut gathered = Gathered::new(1_000);
        for line in [
            Line::List,
            Line::Item(json!({"a": 1})),
            Line::Out("for people".to_owned()),
            Line::Err("told".to_owned()),
            Line::Item(json!(2)),
            Line::Done(1),
        ] {
            assert!(gathered.take(line));
        }
        let told = serde_json::to_value(&gathered.envelope).unwrap();
        let expected = json!({"exitCode": 1, "result": [{"a": 1}, 2], "messages": ["told"]});
        assert_eq!(told, expected);
    }

    #[test]
    fn lines_up_to_the_limit_are_taken_and_one_byte_more_is_not() {
        let mut gathered = Gathered::new(10);
        assert!(gathered.take(Line::Err("x".repeat(10))));
        assert!(!gathered.take(Line::Err("x".to_owned())));
        assert!(gathered.is_too_large);
    }
}
