//! The listings' macros for simple types: texts, decimals, whole numbers, enumerations.

/// Texts in the contract's three languages: `[en "…" fi "…" sv "…"]`.
macro_rules! docs {
    ([en $en:literal fi $fi:literal sv $sv:literal]) => {
        $crate::contract::shape::Docs {
            en: $en,
            fi: $fi,
            sv: $sv,
        }
    };
}

/// Wires a lexical type to yaserde, which then reads and writes it as text.
macro_rules! lexical_yaserde {
    ($type:ty) => {
        impl yaserde::YaSerialize for $type {
            fn serialize<W: std::io::Write>(
                &self,
                writer: &mut yaserde::ser::Serializer<W>,
            ) -> yaserde::Result<()> {
                yaserde::primitives::serialize_primitives(self, "value", writer, |value| {
                    let mut text = String::new();
                    $crate::contract::lexical::Lexical::write_text(value, &mut text);
                    text
                })
            }

            fn serialize_attributes(
                &self,
                attributes: Vec<yaserde::__xml::attribute::OwnedAttribute>,
                namespace: yaserde::__xml::namespace::Namespace,
            ) -> yaserde::Result<(
                Vec<yaserde::__xml::attribute::OwnedAttribute>,
                yaserde::__xml::namespace::Namespace,
            )> {
                Ok((attributes, namespace))
            }
        }

        impl yaserde::YaDeserialize for $type {
            fn deserialize<R: std::io::Read>(
                reader: &mut yaserde::de::Deserializer<R>,
            ) -> yaserde::Result<Self> {
                use yaserde::__xml::reader::XmlEvent;
                reader.next_event()?;
                // The text is taken too, as a struct takes its content: what reads a flattened choice
                // would find the element's end in place of its own.
                let text = match reader.peek()? {
                    XmlEvent::Characters(text) => text.clone(),
                    _ => String::new(),
                };
                if !text.is_empty() {
                    reader.next_event()?;
                }
                $crate::contract::lexical::Lexical::from_text(&text).map_err(yaserde::Error::custom)
            }
        }
    };
}

/// A text type: a newtype over `String` with its facets.
///
/// `contract_text! { Name [docs] length 1, 60 }`, `contract_text! { Name [docs] pattern "…" }`, or `any`;
/// a pattern takes `kept as function` where what was written in several ways is kept in one.
macro_rules! contract_text {
    ($name:ident $docs:tt length $min:literal, $max:literal) => {
        contract_text! {
            @emit $name $docs [$crate::contract::lexical::normal_form]
            $crate::contract::facets::Facets::length($min, $max)
        }
    };
    ($name:ident $docs:tt pattern $pattern:literal $(length $min:literal, $max:literal)?) => {
        contract_text! {
            $name $docs pattern $pattern $(length $min, $max)?
            kept as $crate::contract::lexical::normal_form
        }
    };
    ($name:ident $docs:tt pattern $pattern:literal $(length $min:literal, $max:literal)? kept as $normal:path) => {
        contract_text! { @emit $name $docs [$normal] {
            static PATTERN: $crate::contract::facets::Pattern =
                $crate::contract::facets::Pattern::new($pattern, || {
                    $crate::contract::facets::Pattern::compile($pattern)
                });
            $crate::contract::facets::Facets {
                $(min_length: Some($min), max_length: Some($max),)?
                ..$crate::contract::facets::Facets::pattern(&PATTERN)
            }
        } }
    };
    ($name:ident $docs:tt any) => {
        contract_text! {
            @emit $name $docs [$crate::contract::lexical::normal_form]
            $crate::contract::facets::Facets::NONE
        }
    };
    (@emit $name:ident $docs:tt [$normal:path] $facets:expr) => {
        #[doc = concat!("`", stringify!($name), "` of the contract, its facets checked.")]
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl $crate::contract::lexical::Lexical for $name {
            const SHAPE: &'static $crate::contract::shape::Shape =
                &$crate::contract::shape::Shape {
                    name: stringify!($name),
                    docs: docs!($docs),
                    kind: $crate::contract::shape::Kind::Simple {
                        base: "string",
                        facets: $facets,
                    },
                };

            fn from_text(text: &str) -> ::core::result::Result<Self, String> {
                let mut normal = $normal(text);
                if let $crate::contract::shape::Kind::Simple { facets, .. } =
                    &<Self as $crate::contract::lexical::Lexical>::SHAPE.kind
                {
                    facets.check_text(text)?;
                    // A few letters grow in normal form. Where that passes the type's own length, the
                    // text stays as sent: it is valid, and so is an answer that holds it.
                    if normal != text && facets.check_text(&normal).is_err() {
                        normal = text.to_owned();
                    }
                }
                Ok($name(normal))
            }

            fn write_text(&self, out: &mut String) {
                out.push_str(&self.0);
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        lexical_yaserde!($name);
    };
}

/// A decimal type: a newtype over a domain amount with its facets.
///
/// `contract_decimal! { Money(Cents) [docs] digits 2, from 0, to 999999999 }`; `above` excludes the bound.
macro_rules! contract_decimal {
    ($name:ident($inner:ident) $docs:tt digits $digits:literal, $bound:ident $min:literal, to $max:literal) => {
        #[doc = concat!("`", stringify!($name), "` of the contract, its facets checked.")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl $name {
            const DECIMAL: $crate::contract::facets::Decimal = $crate::contract::facets::Decimal {
                fraction_digits: $digits,
                min: $min,
                min_is_exclusive: contract_decimal!(@exclusive $bound),
                max: $max,
            };
        }

        impl $crate::contract::lexical::Lexical for $name {
            const SHAPE: &'static $crate::contract::shape::Shape =
                &$crate::contract::shape::Shape {
                    name: stringify!($name),
                    docs: docs!($docs),
                    kind: $crate::contract::shape::Kind::Simple {
                        base: "decimal",
                        facets: $crate::contract::facets::Facets::decimal($name::DECIMAL),
                    },
                };

            fn from_text(text: &str) -> ::core::result::Result<Self, String> {
                $name::DECIMAL.parse(text).map(|value| $name($inner(value)))
            }

            fn write_text(&self, out: &mut String) {
                // Writing into a string cannot fail.
                let _ = std::fmt::Write::write_fmt(out, format_args!("{}", self.0));
            }
        }

        lexical_yaserde!($name);
    };
    (@exclusive from) => {
        false
    };
    (@exclusive above) => {
        true
    };
}

/// A whole-number type: a newtype over `u32` with its bounds.
///
/// `contract_integer! { PageSize [docs] from 1, to 500 }`
macro_rules! contract_integer {
    ($name:ident $docs:tt from $min:literal, to $max:literal) => {
        #[doc = concat!("`", stringify!($name), "` of the contract, its bounds checked.")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $crate::contract::lexical::Lexical for $name {
            const SHAPE: &'static $crate::contract::shape::Shape =
                &$crate::contract::shape::Shape {
                    name: stringify!($name),
                    docs: docs!($docs),
                    kind: $crate::contract::shape::Kind::Simple {
                        base: "int",
                        facets: $crate::contract::facets::Facets::integer($min, $max),
                    },
                };

            fn from_text(text: &str) -> ::core::result::Result<Self, String> {
                const FACETS: $crate::contract::facets::Facets =
                    $crate::contract::facets::Facets::integer($min, $max);
                let value = FACETS.parse_integer($crate::contract::lexical::collapse(text))?;
                u32::try_from(value)
                    .map($name)
                    .map_err(|_| "must be a whole number".to_owned())
            }

            fn write_text(&self, out: &mut String) {
                // Writing into a string cannot fail.
                let _ = std::fmt::Write::write_fmt(out, format_args!("{}", self.0));
            }
        }

        lexical_yaserde!($name);
    };
}

/// The values of an enumeration. The enum itself is the domain's, or stands beside the listing.
///
/// `contract_enumeration! { Unit "Unit" [docs] { Kpl = "KPL" [docs]; … } }`
macro_rules! contract_enumeration {
    ($type:ident $name:literal $docs:tt { $($variant:ident = $text:literal $value_docs:tt;)+ }) => {
        impl $crate::contract::lexical::Lexical for $type {
            const SHAPE: &'static $crate::contract::shape::Shape =
                &$crate::contract::shape::Shape {
                    name: $name,
                    docs: docs!($docs),
                    kind: $crate::contract::shape::Kind::Enumeration(&[
                        $($crate::contract::shape::Value { text: $text, docs: docs!($value_docs) },)+
                    ]),
                };

            fn from_text(text: &str) -> ::core::result::Result<Self, String> {
                match text {
                    $($text => Ok($type::$variant),)+
                    _ => Err(concat!("must be one of", $(" ", $text),+).to_owned()),
                }
            }

            fn write_text(&self, out: &mut String) {
                out.push_str(match self { $($type::$variant => $text,)+ });
            }
        }

        lexical_yaserde!($type);
    };
}
