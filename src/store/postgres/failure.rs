//! What went wrong with the database, in the store's words. A server's own text is told without its detail, which may
//! hold a record's key.

use deadpool_postgres::PoolError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::store::StoreError;

/// Why a piece of work on a connection did not come to its end.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another adapter was first: the same again may do well.
    Retry,
    /// The database cannot be reached, or the connection to it broke.
    Lost(String),
    /// Everything else.
    Store(StoreError),
}

impl Failure {
    /// As a caller of the store is told.
    pub(super) fn into_store_error(self) -> StoreError {
        match self {
            Failure::Retry => StoreError::Busy,
            Failure::Lost(text) => unavailable(&text),
            Failure::Store(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let Some(told) = error.as_db_error() else {
            return Failure::Lost(text_of(&error));
        };
        let code = told.code();
        let is_turn = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
        ];
        if is_turn.contains(code) {
            return Failure::Retry;
        }
        // Classes 08 connection, 57 operator intervention, 53 resources, and a server that only reads.
        let class = code.code().get(..2).unwrap_or_default();
        let is_passing = ["08", "57", "53"].contains(&class)
            || *code == SqlState::READ_ONLY_SQL_TRANSACTION
            || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT;
        let text = format!("{} ({})", told.message(), code.code());
        if is_passing {
            Failure::Lost(text)
        } else {
            Failure::Store(unavailable(&text))
        }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Failure {
        match error {
            PoolError::Backend(error) => Failure::from(error),
            PoolError::Timeout(_) => {
                Failure::Lost("no connection was free or made in time".to_owned())
            }
            other => Failure::Lost(other.to_string()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Store(error)
    }
}

/// The text of an error with its causes, without a server's detail.
fn text_of(error: &Error) -> String {
    if let Some(told) = error.as_db_error() {
        return format!("{} ({})", told.message(), told.code().code());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

fn unavailable(text: &str) -> StoreError {
    StoreError::Unavailable(format!(
        "the database cannot be used ({text}): look at the database server and at store.url; the store goes on by \
         itself when the database does"
    ))
}
