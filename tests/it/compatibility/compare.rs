//! What of a changed contract breaks a client of the published one.
//!
//! A request that was valid must stay valid, so requests may only widen. An answer must stay one that the published
//! schema has, so answers may only narrow: strict stacks refuse an element or a value that their classes do not have,
//! and therefore an element more in an answer is a break, an optional one too. And nothing that was there to be read
//! may go. Types keep their names, which a client may send as `xsi:type`.

use std::collections::BTreeSet;

use super::model::{Contract, Element, Name, Particle, Simple, Type};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    Request,
    Answer,
}

struct Comparison<'a> {
    old: &'a Contract,
    new: &'a Contract,
    seen: BTreeSet<(Direction, Name)>,
    breaks: Vec<String>,
}

/// Every break: which element or type, and why.
pub fn breaks(old: &Contract, new: &Contract) -> Vec<String> {
    let mut comparison = Comparison {
        old,
        new,
        seen: BTreeSet::new(),
        breaks: Vec::new(),
    };
    comparison.operations();
    comparison.breaks
}

/// The local name, for people.
fn local(name: &str) -> &str {
    name.rsplit('}').next().unwrap_or(name)
}

impl Comparison<'_> {
    fn found(&mut self, place: &str, why: impl AsRef<str>) {
        self.breaks.push(format!("{place}: {}", why.as_ref()));
    }

    fn operations(&mut self) {
        let (old, new) = (self.old, self.new);
        for (name, was) in &old.operations {
            let Some(is) = new.operations.get(name) else {
                self.found(
                    name,
                    "the operation is gone, or has another name or version",
                );
                continue;
            };
            for (fact, value) in &was.facts {
                let now = &is.facts[fact];
                if now != value {
                    self.found(name, format!("{fact} was \"{value}\" and is \"{now}\""));
                }
            }
            for header in &was.headers {
                if is.headers.contains(header) {
                    self.element(Direction::Request, header);
                    self.element(Direction::Answer, header);
                } else {
                    self.found(name, format!("the header part {} is gone", local(header)));
                }
            }
            for header in is
                .headers
                .iter()
                .filter(|header| !was.headers.contains(header))
            {
                self.found(
                    name,
                    format!("clients do not send the new header part {}", local(header)),
                );
            }
            for (direction, was, is) in [
                (Direction::Request, &was.input, &is.input),
                (Direction::Answer, &was.output, &is.output),
            ] {
                if was == is {
                    self.element(direction, was);
                } else {
                    self.found(name, format!("the body's element was {was} and is {is}"));
                }
            }
        }
        for fault_detail in ["errorCode", "field"] {
            let named = |name: &&Name| local(name) == fault_detail;
            match old.elements.keys().find(named) {
                Some(name) => self.element(Direction::Answer, name),
                None => self.found(fault_detail, "the published contract has no such element"),
            }
        }
    }

    /// An element that stands alone.
    fn element(&mut self, direction: Direction, name: &Name) {
        match (self.old.elements.get(name), self.new.elements.get(name)) {
            (Some(was), Some(is)) => {
                self.of_type(direction, local(name), &was.clone(), &is.clone())
            }
            (_, None) => self.found(local(name), format!("the element {name} is gone")),
            (None, _) => {}
        }
    }

    fn of_type(&mut self, direction: Direction, place: &str, was: &Name, is: &Name) {
        if was != is {
            self.found(
                place,
                format!("its type was {} and is {}", local(was), local(is)),
            );
            return;
        }
        if !self.seen.insert((direction, was.clone())) {
            return;
        }
        let (old, new) = (self.old, self.new);
        match (old.types.get(was), new.types.get(is)) {
            (Some(Type::Simple(was_simple)), Some(Type::Simple(is_simple))) => {
                self.simple(direction, local(was), was_simple, is_simple);
            }
            (
                Some(Type::Complex {
                    particles,
                    attributes,
                }),
                Some(Type::Complex {
                    particles: now,
                    attributes: attributes_now,
                }),
            ) => {
                self.particles(direction, local(was), particles, now);
                if attributes != attributes_now {
                    self.found(local(was), "its attributes are others");
                }
            }
            // A type of XML Schema.
            (None, None) => {}
            _ => self.found(local(was), "the type is gone, or was simple and is complex"),
        }
    }

    fn particles(&mut self, direction: Direction, place: &str, was: &[Particle], is: &[Particle]) {
        let mut next = 0;
        for old in was {
            let Some(offset) = is[next.min(is.len())..]
                .iter()
                .position(|new| same_place(old, new))
            else {
                let is_elsewhere = is.iter().any(|new| same_place(old, new));
                let why = if is_elsewhere {
                    "stands elsewhere in the order"
                } else {
                    "is gone, or has another name"
                };
                self.found(&format!("{place}/{}", names(old)), why);
                continue;
            };
            for new in &is[next..next + offset] {
                self.added(direction, place, was, new);
            }
            next += offset + 1;
            match (old, &is[next - 1]) {
                (Particle::Element(old), Particle::Element(new)) => {
                    self.one(direction, place, old, new);
                }
                (Particle::Choice(old), Particle::Choice(new)) => {
                    self.choice(direction, place, old, new);
                }
                _ => self.found(
                    &format!("{place}/{}", names(old)),
                    "was an element and is a choice, or the other way round",
                ),
            }
        }
        for new in &is[next.min(is.len())..] {
            self.added(direction, place, was, new);
        }
    }

    /// A place that the published contract does not have here.
    fn added(&mut self, direction: Direction, place: &str, was: &[Particle], new: &Particle) {
        if was.iter().any(|old| same_place(old, new)) {
            // Moved, which is told of where it stood.
            return;
        }
        let is_optional = matches!(new, Particle::Element(element) if element.min == 0);
        let place = format!("{place}/{}", names(new));
        match direction {
            Direction::Request if is_optional => {}
            Direction::Request => {
                self.found(&place, "is new and mandatory: clients do not send it")
            }
            Direction::Answer => {
                self.found(&place, "is new in an answer: strict clients refuse it")
            }
        }
    }

    fn one(&mut self, direction: Direction, place: &str, old: &Element, new: &Element) {
        let place = format!("{place}/{}", local(&old.name));
        let narrower = "fewer may stand here than clients send";
        let (fewer, more) = match direction {
            Direction::Request => (
                (new.min > old.min).then_some("became mandatory: clients do not send it"),
                (new.max < old.max).then_some(narrower),
            ),
            Direction::Answer => (
                (new.min < old.min).then_some("became optional: clients count on it"),
                (new.max > old.max).then_some("more may come than clients read"),
            ),
        };
        for why in fewer.into_iter().chain(more) {
            self.found(&place, why);
        }
        let (was, is) = (self.old.type_of(old), self.new.type_of(new));
        self.of_type(direction, &place, &was, &is);
    }

    fn choice(&mut self, direction: Direction, place: &str, was: &[Element], is: &[Element]) {
        for old in was {
            match is.iter().find(|new| new.name == old.name) {
                Some(new) => self.one(direction, place, old, new),
                None => self.found(
                    &format!("{place}/{}", local(&old.name)),
                    "is gone from the choice, or has another name",
                ),
            }
        }
        for new in is
            .iter()
            .filter(|new| !was.iter().any(|old| old.name == new.name))
        {
            if direction == Direction::Answer {
                self.found(
                    &format!("{place}/{}", local(&new.name)),
                    "is new in the choice of an answer: strict clients refuse it",
                );
            }
        }
    }

    fn simple(&mut self, direction: Direction, place: &str, was: &Simple, is: &Simple) {
        if was.base != is.base {
            let (was, is) = (local(&was.base), local(&is.base));
            self.found(place, format!("was made of {was} and is made of {is}"));
            return;
        }
        // What may be said by who speaks, and what is understood by who listens.
        let (said, understood, why) = match direction {
            Direction::Request => (was, is, "clients send it, and it is not taken any more"),
            Direction::Answer => (is, was, "it may come, and clients do not know it"),
        };
        if understood.values.is_empty() != said.values.is_empty() {
            self.found(
                place,
                "had a list of values and has none, or the other way round",
            );
        }
        for value in said
            .values
            .iter()
            .filter(|value| !understood.values.contains(value))
        {
            self.found(place, format!("the value {value}: {why}"));
        }
        let facets: BTreeSet<&String> = was.facets.keys().chain(is.facets.keys()).collect();
        for facet in facets {
            let (said, understood) = (said.facets.get(facet), understood.facets.get(facet));
            if !within(facet, said, understood) {
                let [was, is] = [was, is]
                    .map(|simple| simple.facets.get(facet).map_or("nothing", String::as_str));
                self.found(place, format!("{facet} was {was} and is {is}: {why}"));
            }
        }
    }
}

/// Whether what keeps to the facet `said` keeps to `understood`. Patterns are equal or not: which of two takes more
/// cannot be seen.
fn within(facet: &str, said: Option<&String>, understood: Option<&String>) -> bool {
    let (said, understood) = match (said, understood) {
        (_, None) => return true,
        (None, Some(_)) => return false,
        (Some(said), Some(understood)) => (said, understood),
    };
    let number = |text: &String| text.parse::<f64>().unwrap();
    match facet {
        "minLength" | "minInclusive" | "minExclusive" => number(said) >= number(understood),
        "maxLength" | "maxInclusive" | "maxExclusive" | "fractionDigits" | "totalDigits" => {
            number(said) <= number(understood)
        }
        _ => said == understood,
    }
}

/// Whether two places are one and the same: by the element's name, or by a name that both choices have.
fn same_place(old: &Particle, new: &Particle) -> bool {
    let names = |particle: &Particle| -> Vec<Name> {
        match particle {
            Particle::Element(element) => vec![element.name.clone()],
            Particle::Choice(elements) => elements.iter().map(|one| one.name.clone()).collect(),
        }
    };
    let new = names(new);
    names(old).iter().any(|name| new.contains(name))
}

fn names(particle: &Particle) -> String {
    match particle {
        Particle::Element(element) => local(&element.name).to_owned(),
        Particle::Choice(elements) => {
            let names: Vec<&str> = elements
                .iter()
                .map(|element| local(&element.name))
                .collect();
            names.join("|")
        }
    }
}
