//! The way that a request of every service goes, once its body is decoded.
//!
//! Invariant: whatever is answered, its access-log row was durable first; an effect, its answer
//! under both keys and the row are one commit.

use jiff::{SignedDuration, Timestamp};

use crate::clock::{Clock, date_in_helsinki};
use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::admin_token::Organisers;
use crate::domain::authorisation::{self, ActingFor, Refused, authorise};
use crate::domain::circumstances::Circumstances;
use crate::domain::client::ClientId;
use crate::domain::code::Code;
use crate::domain::person_id::PersonId;
use crate::domain::registry::OrganiserCode;
use crate::domain::rejection::{Group, Rejection};
use crate::soap::header::{Header, ServiceId};
use crate::store::{About, Change, KeptAnswer, Miss, NewMiss, OrganiserEntry, StoreError};

use super::answer::{Answer, replayed, write};
use super::mandate::Mandate;
use super::repeats::{Identity, Known};
use super::{Context, Decision, Failure, Operation, Outcome, Scope, Services, Target, Touched};

/// How often a request is decided anew when others change what it was decided on.
const ATTEMPTS_MAX: usize = 100;

/// Writes the access-log row of a request that was refused after its header was read.
pub async fn record_fault(
    services: &Services,
    header: &Header,
    code: &str,
) -> Result<(), StoreError> {
    let touched = Touched::nothing(DataClass::Basic);
    let row = row(header, services.clock.now(), None, touched, code, false);
    services.store.commit(Change::access_only(row)).await
}

/// Answers a request.
pub async fn answer<O: Operation>(
    services: &Services,
    header: &Header,
    request: &O::Request,
) -> Result<Answer, Failure> {
    let way = Way::<O>::of(services, header, request);
    match way.go().await {
        Err(Failure::Refused(refused)) => {
            way.record(refused.code(), false).await?;
            Err(Failure::Refused(refused))
        }
        Err(Failure::RateLimited) => {
            way.record("RATE_LIMITED", false).await?;
            Err(Failure::RateLimited)
        }
        Err(Failure::Store(error @ StoreError::RecordTooLarge { .. })) => {
            way.record("MESSAGE_TOO_LARGE", false).await?;
            Err(error.into())
        }
        other => other,
    }
}

/// Answers a request of the operator's own, made in the name of `acting_for`: nobody asks whether the
/// caller may, and nothing is counted as a miss. Everything else goes as with any request: repeats,
/// rules, one commit, the access log. What is of none of `organisers` is not there. `header` is an [`operator_header`].
pub async fn answer_as<O: Operation>(
    services: &Services,
    header: &Header,
    acting_for: &ActingFor,
    organisers: &Organisers,
    request: &O::Request,
) -> Result<Answer, Failure> {
    let way = Way::<O> {
        operator_for: Some(organisers),
        ..Way::of(services, header, request)
    };
    way.answer_for(acting_for).await
}

/// The header of a request that did not come over X-Road: `message_id` must be new.
pub fn operator_header<O: Operation>(message_id: String, user_id: Option<String>) -> Header {
    Header {
        client: ClientId::operator(),
        service: ServiceId {
            code: O::CODE.to_owned(),
            version: None,
        },
        id: message_id,
        user_id,
        represented_party: None,
    }
}

struct Way<'a, O: Operation> {
    services: &'a Services,
    header: &'a Header,
    request: &'a O::Request,
    scope: Scope<'a>,
    now: Timestamp,
    /// For which organisers an operator asks, who is trusted and counted by no limit; `None` for a request that came.
    operator_for: Option<&'a Organisers>,
}

impl<'a, O: Operation> Way<'a, O> {
    fn of(services: &'a Services, header: &'a Header, request: &'a O::Request) -> Way<'a, O> {
        Way {
            services,
            header,
            request,
            scope: O::scope(request),
            now: services.clock.now(),
            operator_for: None,
        }
    }

    async fn go(&self) -> Result<Answer, Failure> {
        match self.caller().await? {
            Ok(acting_for) => self.answer_for(&acting_for).await,
            Err(unlisted) => self.reject_alone(unlisted).await,
        }
    }

    async fn answer_for(&self, acting_for: &ActingFor) -> Result<Answer, Failure> {
        let identity = self.scope.source.map(|source| {
            Identity::of::<O>(self.services, self.header, acting_for, source, self.request)
        });
        let mut mandate = Mandate::default();
        for _ in 0..ATTEMPTS_MAX {
            let attempt = self.attempt(acting_for, identity.as_ref(), &mut mandate);
            match attempt.await {
                Err(Failure::Store(StoreError::Conflict)) => {}
                other => return other,
            }
        }
        Err(Failure::Store(StoreError::Conflict))
    }

    /// For whom the caller acts; or the rejection of an organiser whose code is in no list.
    async fn caller(&self) -> Result<Result<ActingFor, Rejection>, Failure> {
        let store = &self.services.store;
        let organiser = match self.scope.target {
            Target::Organiser { code, field } => match store.organiser(code).await? {
                OrganiserEntry::Unlisted => return Ok(Err(unlisted(code, field))),
                OrganiserEntry::Listed => None,
                OrganiserEntry::Organiser(organiser) => Some(organiser),
            },
            Target::Provider(_) => None,
        };
        let grants = store.client_grants(&self.header.client).await?;
        let target = match self.scope.target {
            Target::Organiser { code, .. } => authorisation::Target::Organiser {
                code,
                business_id: organiser.as_ref().map(|organiser| &organiser.business_id),
            },
            Target::Provider(business_id) => authorisation::Target::Provider(business_id),
        };
        let asked = authorisation::Request {
            client: &self.header.client,
            service: &self.header.service.code,
            user_id: self.header.user_id.as_deref(),
            represented_party: self.header.represented_party.as_deref(),
            target,
        };
        let acting_for = authorise(&asked, &grants, date_in_helsinki(self.now))?;
        // A granted code that is no organiser of the registry has no data to act on.
        if matches!(acting_for, ActingFor::Organiser(_)) && organiser.is_none() {
            return Err(Refused::OrganiserMismatch.into());
        }
        Ok(Ok(acting_for))
    }

    async fn attempt(
        &self,
        acting_for: &ActingFor,
        identity: Option<&Identity>,
        mandate: &mut Mandate,
    ) -> Result<Answer, Failure> {
        let newest_miss = match acting_for {
            ActingFor::Provider(_) if self.operator_for.is_none() => self.check_misses().await?,
            ActingFor::Provider(_) | ActingFor::Organiser(_) => None,
        };
        if let Some(identity) = identity {
            let store = &self.services.store;
            let kept = store
                .replays(&identity.message, &identity.reference)
                .await?;
            match identity.judge(kept) {
                Known::New => {}
                Known::ByMessage(answer) => return self.replay(answer, None).await,
                Known::ByReference(answer) => return self.replay(answer, Some(identity)).await,
                Known::Conflict { code, field } => {
                    return self
                        .reject_alone(rejection(Group::Message, code, field))
                        .await;
                }
            }
        }
        let context = Context {
            organisers: self.operator_for,
            services: self.services,
            client: &self.header.client,
            acting_for,
            now: self.now,
            circumstances: self.circumstances(),
        };
        let decision = O::decide(&context, self.request).await?;
        let decision = mandate.judge(self.services, self.header, decision).await?;
        self.keep(decision, identity, newest_miss).await
    }

    fn circumstances(&self) -> Circumstances {
        Circumstances {
            today: date_in_helsinki(self.now),
            artificial_person_ids: self.services.artificial_person_ids,
        }
    }

    /// Refuses a client that has guessed too often; answers its newest miss.
    async fn check_misses(&self) -> Result<Option<Miss>, Failure> {
        let services = self.services;
        let misses = services
            .store
            .misses(&self.header.client, services.misses_max)
            .await?;
        let window =
            SignedDuration::try_from(services.misses_window).unwrap_or(SignedDuration::MAX);
        let machine_now = Clock::machine_now();
        let counting = misses
            .iter()
            .filter(|miss| {
                self.now.duration_since(miss.at) < window
                    && machine_now.duration_since(miss.machine_at) < window
            })
            .count();
        if counting >= services.misses_max {
            return Err(Failure::RateLimited);
        }
        Ok(misses.first().copied())
    }

    /// Keeps what was decided, and only then answers it.
    async fn keep(
        &self,
        decision: Decision<O::Payload>,
        identity: Option<&Identity>,
        newest_miss: Option<Miss>,
    ) -> Result<Answer, Failure> {
        let is_done = matches!(decision.outcome, Outcome::Done { .. });
        let is_kept = is_done || is_kept_rejection(&decision.outcome);
        let mut answer = write::<O>(decision.outcome);
        let about = About {
            organiser: decision.touched.organiser,
            number: decision.touched.numbers.first().copied(),
            event: decision.touched.events.first().copied(),
            data_class: decision.touched.data_class,
        };
        answer.about = Some(about);
        let kept = identity.filter(|_| is_kept).map(|identity| KeptAnswer {
            digest: identity.digest,
            body: answer.body.clone().into_bytes(),
            result: answer.result.clone(),
            about,
        });
        let under_message = identity.map(|identity| identity.message.clone());
        let reference = identity.map(|identity| identity.reference.clone());
        // A refusal may be due to what an equal post has just done: then it is that post's answer.
        let (under_reference, unanswered_reference) = if is_done {
            (reference, None)
        } else {
            (None, reference)
        };
        let row = self.row(decision.touched, &answer.result, false);
        let change = Change {
            effect: decision.effect,
            answer_by_message: under_message.zip(kept.clone()),
            answer_by_reference: under_reference.zip(kept),
            unanswered_reference,
            miss: (decision.is_miss && self.operator_for.is_none()).then(|| NewMiss {
                miss: Miss {
                    at: self.now,
                    machine_at: Clock::machine_now(),
                },
                newest_seen: newest_miss,
            }),
            ..Change::access_only(row)
        };
        self.services.store.commit(change).await?;
        Ok(answer)
    }

    /// Gives a kept answer again; under a new message id it is kept there too.
    async fn replay(
        &self,
        kept: KeptAnswer,
        under_new_id: Option<&Identity>,
    ) -> Result<Answer, Failure> {
        let touched = Touched {
            organiser: kept.about.organiser,
            persons: self.persons(),
            numbers: kept.about.number.into_iter().collect(),
            events: kept.about.event.into_iter().collect(),
            ..Touched::nothing(kept.about.data_class)
        };
        let body = replayed(&String::from_utf8_lossy(&kept.body));
        let answer = Answer {
            body,
            result: kept.result.clone(),
            errors: Vec::new(),
            warnings: Vec::new(),
            about: Some(kept.about),
            replayed: true,
        };
        let mut change = Change::access_only(self.row(touched, &kept.result, true));
        change.answer_by_message = under_new_id.map(|identity| (identity.message.clone(), kept));
        self.services.store.commit(change).await?;
        Ok(answer)
    }

    /// Rejects for one reason found before the service itself was asked. Kept under no key.
    async fn reject_alone(&self, rejection: Rejection) -> Result<Answer, Failure> {
        let code = rejection.code.as_str();
        let answer = write::<O>(Outcome::Rejected(vec![rejection]));
        self.record(code, false).await?;
        Ok(answer)
    }

    async fn record(&self, result: &str, replayed: bool) -> Result<(), Failure> {
        let touched = Touched {
            organiser: self.organiser(),
            persons: self.persons(),
            ..Touched::nothing(DataClass::Basic)
        };
        let row = self.row(touched, result, replayed);
        Ok(self.services.store.commit(Change::access_only(row)).await?)
    }

    fn row(&self, touched: Touched, result: &str, replayed: bool) -> AccessEntry {
        let purpose = Some(self.scope.purpose.as_str());
        row(self.header, self.now, purpose, touched, result, replayed)
    }

    /// The organiser named in the body.
    fn organiser(&self) -> Option<OrganiserCode> {
        match self.scope.target {
            Target::Organiser { code, .. } => Some(code),
            Target::Provider(_) => None,
        }
    }

    /// Persons named in the body whose codes are valid.
    fn persons(&self) -> Vec<PersonId> {
        let today = date_in_helsinki(self.now);
        self.scope
            .person_ids
            .iter()
            .filter_map(|text| PersonId::parse(text, today).ok())
            .collect()
    }
}

fn row(
    header: &Header,
    now: Timestamp,
    purpose: Option<&'static str>,
    touched: Touched,
    result: &str,
    replayed: bool,
) -> AccessEntry {
    AccessEntry {
        at: now,
        message_id: header.id.clone(),
        client: header.client.clone(),
        represented_party: header.represented_party.clone(),
        user_id: header.user_id.clone(),
        service: header.service.code.clone(),
        purpose,
        organiser: touched.organiser,
        persons: touched.persons,
        numbers: touched.numbers,
        events: touched.events,
        data_class: touched.data_class,
        result: result.to_owned(),
        reason: touched.reason,
        rows_returned: touched.rows_returned,
        replayed,
        mandate: touched.mandate,
    }
}

fn rejection(group: Group, code: Code, field: &str) -> Rejection {
    Rejection {
        group,
        code,
        field: field.to_owned(),
        line_no: None,
    }
}

fn unlisted(code: OrganiserCode, field: &str) -> Rejection {
    let code = match code {
        OrganiserCode::Municipality(_) => Code::MunicipalityUnknown,
        OrganiserCode::County(_) => Code::CountyUnknown,
    };
    rejection(Group::Message, code, field)
}

/// A rejection that time alone could turn is not kept: the same message may be sent again.
fn is_kept_rejection<P>(outcome: &Outcome<P>) -> bool {
    match outcome {
        Outcome::Done { .. } => false,
        Outcome::Rejected(rejections) => rejections
            .iter()
            .all(|rejection| rejection.code != Code::MandateCheckUnavailable),
    }
}
