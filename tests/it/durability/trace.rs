//! Reads what strace wrote of a server, and judges whether an answer left before its commit was durable.

/// The system calls to be traced.
pub const CALLS: &str = "pwrite64,pwritev,write,writev,fdatasync,fsync,sync_file_range,sendto,sendmsg,\
    recvfrom,recvmsg,read,readv";

/// What a system call means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The head of a request came in.
    Request,
    /// The store's log was written.
    Write,
    /// The store's log was synced with success.
    Sync,
    /// The first bytes of an answer went out.
    Answer,
}

/// A system call, from the line where it begins to the line where it is done.
#[derive(Clone, Copy, Debug)]
struct Event {
    kind: Kind,
    begun: usize,
    done: usize,
}

/// `Ok` when between the trace's one request and its answer the log was written, and after the last of
/// these writes was done it was synced, with success, before the answer began. The trace is one of
/// `strace -f -yy`.
pub fn judge(trace: &str, log_path: &str) -> Result<(), String> {
    let events = events(trace, log_path);
    let of = |kind| events.iter().filter(move |event| event.kind == kind);
    let one = |kind| match (of(kind).next(), of(kind).nth(1)) {
        (Some(event), None) => Ok(event),
        _ => Err(format!("not exactly one {kind:?}: {events:?}")),
    };
    let (request, answer) = (one(Kind::Request)?, one(Kind::Answer)?);
    let last_write = of(Kind::Write)
        .filter(|write| write.begun > request.done && write.begun < answer.begun)
        .map(|write| write.done)
        .max()
        .ok_or_else(|| format!("the request wrote nothing to the log: {events:?}"))?;
    let is_between = |sync: &Event| sync.begun > last_write && sync.done < answer.begun;
    if of(Kind::Sync).any(is_between) {
        return Ok(());
    }
    Err(format!("no sync between last write and answer: {events:?}"))
}

fn events(trace: &str, log_path: &str) -> Vec<Event> {
    // A call that waits is cut in two lines, which belong together by their thread.
    let mut unfinished: Vec<(&str, &str, usize)> = Vec::new();
    let mut found = Vec::new();
    for (done, line) in trace.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let rest = rest.trim_start();
        let (call, begun, end) = if let Some(begin) = rest.strip_suffix("<unfinished ...>") {
            unfinished.push((thread, begin, done));
            continue;
        } else if rest.starts_with("<... ") {
            let place = unfinished.iter().position(|(of, ..)| *of == thread);
            let Some((_, begin, begun)) = place.map(|place| unfinished.remove(place)) else {
                continue;
            };
            (begin, begun, rest)
        } else {
            (rest, done, rest)
        };
        if let Some(kind) = kind(call, end, &format!("<{log_path}>")) {
            found.push(Event { kind, begun, done });
        }
    }
    found
}

/// What a call means; `call` has its name and first arguments, `end` its result and, of a call that
/// reads, what it read.
fn kind(call: &str, end: &str, log: &str) -> Option<Kind> {
    let name = call.split('(').next()?;
    let result = end.rsplit(" = ").next()?;
    let is_caller = call.contains("<TCP:");
    match name {
        "write" | "writev" | "pwrite64" | "pwritev" if call.contains(log) => Some(Kind::Write),
        "fdatasync" | "fsync" if call.contains(log) && result == "0" => Some(Kind::Sync),
        "write" | "writev" | "sendto" | "sendmsg" if is_caller => {
            call.contains("\"HTTP/1.1 ").then_some(Kind::Answer)
        }
        "read" | "readv" | "recvfrom" | "recvmsg" if is_caller => {
            end.contains("\"POST /").then_some(Kind::Request)
        }
        _ => None,
    }
}

#[test]
fn the_judge_tells_a_durable_answer_from_others() {
    const RECEIVE: &str =
        "11 recvfrom(14<TCP:[127.0.0.1:1->127.0.0.1:2]>, \"POST /x\"..., 8, 0, NULL, NULL) = 9";
    const WRITE: &str = "12 pwrite64(5</s/db>, \"a\"..., 24, 43870) = 24";
    const WRITE_BEGINS: &str = "12 pwrite64(5</s/db>, \"a\"..., 24, 43870 <unfinished ...>";
    const WRITE_ENDS: &str = "12 <... pwrite64 resumed>)           = 24";
    const SYNC: &str = "13 fdatasync(6</s/db>) = 0";
    const SYNC_BEGINS: &str = "13 fdatasync(6</s/db> <unfinished ...>";
    const SYNC_ENDS: &str = "13 <... fdatasync resumed>)           = 0";
    const SYNC_FAILS: &str = "13 fdatasync(6</s/db>) = -1 EIO (Input/output error)";
    const SYNC_OTHER: &str = "13 fdatasync(6</s/head>) = 0";
    const RANGE: &str = "12 sync_file_range(5</s/db>, 0, 24, SYNC_FILE_RANGE_WRITE) = 0";
    const ANSWER: &str =
        "11 writev(14<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{iov_base=\"HTTP/1.1 200 OK\"}], 1) = 9";
    const ANSWER_BEGINS: &str = "11 writev(14<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{iov_base=\"HTTP/1.1 200 OK\"}], 1 <unfinished ...>";
    const ANSWER_ENDS: &str = "11 <... writev resumed>) = 9";

    let durable: [&[&str]; 4] = [
        &[RECEIVE, WRITE, SYNC, ANSWER],
        &[
            WRITE,
            RECEIVE,
            WRITE_BEGINS,
            RANGE,
            WRITE_ENDS,
            SYNC_BEGINS,
            SYNC_ENDS,
            ANSWER,
        ],
        &[RECEIVE, WRITE, SYNC_FAILS, SYNC, ANSWER, WRITE],
        &[RECEIVE, WRITE, SYNC, ANSWER_BEGINS, WRITE, ANSWER_ENDS],
    ];
    for lines in durable {
        assert_eq!(judge(&lines.join("\n"), "/s/db"), Ok(()));
    }
    let others: [&[&str]; 13] = [
        &[],
        &[RECEIVE, WRITE, SYNC],
        &[RECEIVE, SYNC, ANSWER],
        &[WRITE, RECEIVE, SYNC, ANSWER],
        &[RECEIVE, WRITE, RANGE, ANSWER],
        &[RECEIVE, WRITE, SYNC_OTHER, ANSWER],
        &[RECEIVE, WRITE, SYNC_FAILS, ANSWER],
        &[RECEIVE, WRITE, ANSWER, SYNC],
        &[RECEIVE, WRITE, SYNC, WRITE, ANSWER],
        &[RECEIVE, WRITE, SYNC_BEGINS, ANSWER, SYNC_ENDS],
        &[
            RECEIVE,
            WRITE,
            SYNC_BEGINS,
            ANSWER_BEGINS,
            SYNC_ENDS,
            ANSWER_ENDS,
        ],
        &[RECEIVE, WRITE_BEGINS, SYNC, WRITE_ENDS, ANSWER],
        &[RECEIVE, WRITE, SYNC, ANSWER, ANSWER],
    ];
    for lines in others {
        assert!(judge(&lines.join("\n"), "/s/db").is_err(), "{lines:#?}");
    }
}
