//! Who runs this program, by the operating system: the user id of what the operator does. No environment variable
//! is asked, since anyone sets those.

use std::os::unix::fs::MetadataExt as _;

/// The user's name, or `uid:NUMBER` where the system's file of users has none.
pub(super) fn os_user() -> String {
    let Ok(process) = std::fs::metadata("/proc/self") else {
        return "unknown".to_owned();
    };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = name_of(process.uid(), &users);
    name.unwrap_or_else(|| format!("uid:{}", process.uid()))
}

fn name_of(uid: u32, users: &str) -> Option<String> {
    let uid = uid.to_string();
    users.lines().find_map(|line| {
        let mut columns = line.split(':');
        let name = columns.next()?;
        (columns.nth(1)? == uid && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_the_name_of_the_systems_file() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\nanna:x:1001:1001::/home/anna:/bin/sh\n";
        assert_eq!(name_of(1001, users), Some("anna".to_owned()));
        assert_eq!(name_of(0, users), Some("root".to_owned()));
        assert_eq!(name_of(100, users), None);
    }
}
