//! One history: the world, the model, and what is checked between them after each step.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use psop_adapter::domain::event::Action as EventAction;
use psop_adapter::domain::grant::Action as GrantAction;

use super::calendar::Day;
use super::compare;
use super::feed::Reader;
use super::invariants::{self, Broken, Watch, hold};
use super::message::{Attempt, Decision, EventMessage, GrantMessage};
use super::model::{Codes, Event, EventFact, Grant, GrantFact, Model};
use super::plan;
use super::tally::Tally;
use super::world::{Refused, World};

pub struct History {
    begins: Day,
    world: World,
    model: Model,
    watch: Watch,
    reader: Reader,
    steps: Vec<(Attempt, Refused)>,
    tally: Tally,
}

impl History {
    pub fn new(beginning: u8) -> History {
        let begins = plan::beginning(beginning);
        History {
            begins,
            world: World::new(begins),
            model: Model::new(begins),
            watch: Watch::default(),
            reader: Reader::default(),
            steps: Vec::new(),
            tally: Tally::default(),
        }
    }

    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Tries what the bytes say; the whole history with what is wrong.
    pub fn step(&mut self, bytes: &[u8]) -> Result<(), String> {
        let attempt = plan::attempt(bytes, &self.model);
        self.steps.push((attempt.clone(), Refused::new()));
        let tried = catch_unwind(AssertUnwindSafe(|| self.tried(&attempt)));
        let broken = match tried {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(broken)) => broken,
            Err(_) => "it panicked, as told above".to_owned(),
        };
        Err(self.told(&broken))
    }

    /// The reader catches up: then it must have everything.
    pub fn end(&mut self) -> Result<(), String> {
        for _ in 0..2 {
            let read = self.reader.read(&self.world, usize::MAX);
            read.map_err(|broken| self.told(&broken))?;
        }
        self.tally.history();
        Ok(())
    }

    fn told(&self, broken: &str) -> String {
        let mut told = format!("{broken}\nThe history, from {:?}:\n", self.begins);
        for (number, (attempt, refused)) in self.steps.iter().enumerate() {
            let number = number + 1;
            let _ = match refused.is_empty() {
                true => writeln!(told, "{number:3}. {attempt}"),
                false => writeln!(told, "{number:3}. {attempt}\n     refused: {refused:?}"),
            };
        }
        told
    }

    fn tried(&mut self, attempt: &Attempt) -> Result<(), Broken> {
        let refused = match attempt {
            Attempt::Grant(message) => self.grant(message)?,
            Attempt::Event(message) => self.event(message)?,
            Attempt::Decide(decision, at) => self.decide(*decision, *at)?,
            Attempt::Credit(at, lines) => self.credit(*at, lines)?,
            Attempt::Look {
                grant,
                provider,
                date,
            } => self.look(*grant, *provider, *date)?,
            Attempt::Read(rows_max) => {
                self.reader.read(&self.world, *rows_max)?;
                Refused::new()
            }
            Attempt::Wait { days, hour } => {
                self.world.wait(*days, *hour);
                self.model.today = self.model.today + *days;
                Refused::new()
            }
        };
        self.tally.step(attempt, &refused, &self.model);
        // What is refused changes nothing: the functions were lent what there is, and gave nothing back.
        let changes = refused.is_empty();
        if let Some(last) = self.steps.last_mut() {
            last.1 = refused;
        }
        if !changes {
            return Ok(());
        }
        compare::agree(&self.world, &self.model)?;
        self.watch.check(&self.world, &self.model)?;
        self.reader.missed(&self.world)
    }

    fn grant(&mut self, message: &GrantMessage) -> Result<Refused, Broken> {
        let expected = self.model.refuse_grant(message);
        let answer = self.world.grant(message);
        let refused = answer.as_ref().err().cloned().unwrap_or_default();
        same(&refused, &expected)?;
        let Ok(written) = answer else {
            return Ok(refused);
        };
        same(&written.warnings, &self.model.warn_grant(message))?;
        self.tally.warnings(&written.warnings);
        let fact = match message.action {
            GrantAction::Create => {
                let (terms, content) = (message.terms.clone(), message.content.clone());
                let made = GrantFact::Created(terms.ok_or("no terms")?, content.ok_or("no block")?);
                self.model.grants.push(Grant {
                    customer: message.customer,
                    facts: vec![made],
                });
                return Ok(refused);
            }
            GrantAction::Amend => {
                let from = message.from.ok_or("no day")?;
                GrantFact::Amended(from, message.terms.clone(), message.content.clone())
            }
            GrantAction::Cancel => GrantFact::Cancelled(message.from.ok_or("no day")?),
            GrantAction::Suspend => GrantFact::Suspended,
            GrantAction::Resume => GrantFact::Resumed,
            GrantAction::TopUp => GrantFact::ToppedUp(message.top_up.ok_or("no amount")?),
        };
        self.model.grants[message.grant].facts.push(fact);
        Ok(refused)
    }

    fn event(&mut self, message: &EventMessage) -> Result<Refused, Broken> {
        let expected = self.model.judge_event(message);
        let answer = self.world.event(message);
        let (written, lines) = match (answer, expected) {
            (Ok(written), Ok(lines)) => (written, lines),
            (answer, expected) => {
                let refused = answer.err().unwrap_or_default();
                same(&refused, &expected.err().unwrap_or_default())?;
                return Ok(refused);
            }
        };
        same(&written.warnings, &self.model.warn_event(message, &lines))?;
        self.tally.warnings(&written.warnings);
        let date = message.date;
        let at = message.event.unwrap_or(self.model.events.len());
        let is_new_day = self
            .model
            .events
            .get(at)
            .is_none_or(|event| event.recorded().0 != date);
        match message.action {
            EventAction::Create => self.model.events.push(Event {
                grant: message.grant,
                provider: message.provider,
                facts: vec![EventFact::Recorded { date, lines }],
                credits: None,
            }),
            EventAction::Update => {
                self.model.events[at]
                    .facts
                    .push(EventFact::Recorded { date, lines });
            }
            EventAction::Delete => self.model.events[at].facts.push(EventFact::Deleted),
        }
        if message.action != EventAction::Delete {
            invariants::accepted(&self.world, &self.model, at, is_new_day)?;
        }
        let day = self.model.events[at].recorded().0;
        if let Some(remaining) = &written.remaining {
            compare::remaining(&self.model, message.grant, day, remaining)?;
        }
        Ok(Refused::new())
    }

    fn decide(&mut self, decision: Decision, at: usize) -> Result<Refused, Broken> {
        let refuses = self.model.refuse_decision(decision, at);
        let refused = self.world.decide(decision, at).err().unwrap_or_default();
        let expected: Codes = refuses.then_some("EVENT_LOCKED").into_iter().collect();
        same(&refused, &expected)?;
        if !refuses {
            self.model.events[at]
                .facts
                .push(EventFact::Decided(decision));
        }
        Ok(refused)
    }

    fn credit(&mut self, at: usize, lines: &[(u64, i64)]) -> Result<Refused, Broken> {
        let expected = self.model.judge_credit(at, lines);
        let refused = self.world.credit(at, lines).err().unwrap_or_default();
        let codes: Codes = expected.as_ref().err().copied().into_iter().collect();
        same(&refused, &codes)?;
        let Ok(asked) = expected else {
            return Ok(refused);
        };
        let event = &self.model.events[at];
        let before = event.rest().map(|(line, left)| (line.no, left)).collect();
        let (date, taken) = event.recorded();
        let taken = taken.iter().filter_map(|line| {
            let quantity = asked.iter().find(|(no, _)| *no == line.no)?.1;
            let mut line = line.clone();
            line.quantity = quantity;
            Some(line)
        });
        let row = Event {
            grant: event.grant,
            provider: event.provider,
            facts: vec![EventFact::Recorded {
                date,
                lines: taken.collect(),
            }],
            credits: Some((at, before)),
        };
        self.model.events[at].facts.push(EventFact::Credited(asked));
        self.model.events.push(row);
        Ok(refused)
    }

    fn look(&self, at: usize, provider: usize, date: Day) -> Result<Refused, Broken> {
        let expected = self.model.refuse_look(at, provider, date);
        let seen = self.world.look(at, provider, date, |view| {
            compare::shown(&self.model, at, date, view)
        });
        match seen {
            Ok(shown) => {
                same(&Refused::new(), &expected)?;
                shown?;
                Ok(Refused::new())
            }
            Err(refused) => {
                same(&refused, &expected)?;
                Ok(refused)
            }
        }
    }
}

/// The library's codes and the model's.
fn same(refused: &Refused, expected: &Codes) -> Result<(), Broken> {
    hold!(
        refused == expected,
        "answered {refused:?}, the model says {expected:?}"
    );
    Ok(())
}
