//! The listings' macros. What they emit is plain: a struct or enum, one constant, two functions.

#[macro_use]
mod simple;

/// A type of elements one after the other.
///
/// `contract_type! { Name [docs] { one field: Type = "wireName" [docs]; … } }`, where each place is
/// `one`, `optional`, `many` (any number), `many(0, 50)`, or `choice field: Type [docs];` inline.
macro_rules! contract_type {
    ($name:ident $docs:tt { $($body:tt)* }) => {
        contract_type! { @take $name $docs [] $($body)* }
    };

    // Every place becomes: kind, field, type of the field, type of the element, name on the wire,
    // documentation, number, yaserde's attribute.
    (@take $name:ident $docs:tt [$($done:tt)*] one $field:ident: $type:ty = $wire:tt $fdocs:tt; $($rest:tt)*) => {
        contract_type! { @take $name $docs [$($done)* {
            one $field [$type] [$type] $wire $fdocs [$crate::contract::shape::Occurs::ONCE]
            [rename = $wire, prefix = "psop"]
        }] $($rest)* }
    };
    (@take $name:ident $docs:tt [$($done:tt)*] optional $field:ident: $type:ty = $wire:tt $fdocs:tt; $($rest:tt)*) => {
        contract_type! { @take $name $docs [$($done)* {
            optional $field [Option<$type>] [$type] $wire $fdocs [$crate::contract::shape::Occurs::OPTIONAL]
            [rename = $wire, prefix = "psop"]
        }] $($rest)* }
    };
    (@take $name:ident $docs:tt [$($done:tt)*] many $field:ident: $type:ty = $wire:tt $fdocs:tt; $($rest:tt)*) => {
        contract_type! { @take $name $docs [$($done)* {
            many $field [Vec<$type>] [$type] $wire $fdocs [$crate::contract::shape::Occurs { min: 0, max: None }]
            [rename = $wire, prefix = "psop"]
        }] $($rest)* }
    };
    (@take $name:ident $docs:tt [$($done:tt)*] many($min:literal, $max:literal) $field:ident: $type:ty = $wire:tt $fdocs:tt; $($rest:tt)*) => {
        contract_type! { @take $name $docs [$($done)* {
            many $field [Vec<$type>] [$type] $wire $fdocs [$crate::contract::shape::Occurs::between($min, $max)]
            [rename = $wire, prefix = "psop"]
        }] $($rest)* }
    };
    (@take $name:ident $docs:tt [$($done:tt)*] choice $field:ident: $type:ty; $($rest:tt)*) => {
        contract_type! { @take $name $docs [$($done)* {
            choice $field [$type] [$type] "" [en "" fi "" sv ""] [$crate::contract::shape::Occurs::ONCE]
            [flatten = true]
        }] $($rest)* }
    };

    (@take $name:ident $docs:tt [$({
        $place:ident $field:ident [$($rust:tt)+] [$type:ty] $wire:tt $fdocs:tt [$occurs:expr] [$($attribute:tt)*]
    })*]) => {
        #[doc = concat!("`", stringify!($name), "` of the contract.")]
        #[derive(Clone, Debug, PartialEq, yaserde::YaSerialize, yaserde::YaDeserialize)]
        #[yaserde(
            prefix = "psop",
            namespaces = { "psop" = "http://psop.x-road.global/producer/v1" }
        )]
        pub struct $name {
            $( #[yaserde($($attribute)*)] pub $field: $($rust)+, )*
        }

        impl $crate::contract::decode::ContractType for $name {
            const SHAPE: &'static $crate::contract::shape::Shape =
                &$crate::contract::shape::Shape {
                    name: stringify!($name),
                    docs: docs!($docs),
                    kind: $crate::contract::shape::Kind::Sequence(&[
                        $( $crate::contract::shape::Particle {
                            name: $wire,
                            shape: contract_place!(shape $place $type),
                            occurs: $occurs,
                            docs: docs!($fdocs),
                        }, )*
                    ]),
                };

            fn decode(
                decoder: &mut $crate::contract::decode::Decoder<'_, '_>,
            ) -> ::core::result::Result<Self, $crate::contract::decode::DecodeError> {
                let mut sequence = $crate::contract::decode::Sequence::open(
                    decoder,
                    <Self as $crate::contract::decode::ContractType>::SHAPE,
                );
                let value = $name {
                    $( $field: contract_place!(decode $place sequence $wire $occurs), )*
                };
                sequence.end()?;
                Ok(value)
            }

            fn encode(&self, out: &mut String) {
                $( contract_place!(encode $place out $wire self.$field); )*
            }
        }
    };
}

/// What one place of a sequence does, by its kind.
macro_rules! contract_place {
    (shape choice $type:ty) => { <$type as $crate::contract::decode::ContractChoice>::CHOICE };
    (shape $place:ident $type:ty) => { <$type as $crate::contract::decode::ContractType>::SHAPE };

    (decode one $sequence:ident $wire:tt $occurs:expr) => { $sequence.one($wire)? };
    (decode optional $sequence:ident $wire:tt $occurs:expr) => { $sequence.optional($wire)? };
    (decode many $sequence:ident $wire:tt $occurs:expr) => { $sequence.many($wire, $occurs)? };
    (decode choice $sequence:ident $wire:tt $occurs:expr) => { $sequence.choice()? };

    (encode choice $out:ident $wire:tt $value:expr) => {
        $crate::contract::decode::ContractChoice::encode_variant(&$value, $out)
    };
    (encode one $out:ident $wire:tt $value:expr) => {
        contract_place!(encode_all $out $wire std::iter::once(&$value))
    };
    // An `Option` and a `Vec` both go over what they hold.
    (encode $place:ident $out:ident $wire:tt $value:expr) => {
        contract_place!(encode_all $out $wire $value.iter())
    };
    (encode_all $out:ident $wire:tt $values:expr) => {
        for value in $values {
            $out.push_str(concat!("<psop:", $wire, ">"));
            $crate::contract::decode::ContractType::encode(value, $out);
            $out.push_str(concat!("</psop:", $wire, ">"));
        }
    };
}

/// A choice between elements: an enum, usable as the type of an element and inline in a sequence.
///
/// `contract_choice! { Name [docs] { Variant: Type = "wireName" [docs]; … } }`
macro_rules! contract_choice {
    ($name:ident $docs:tt { $($variant:ident: $type:ty = $wire:tt $vdocs:tt;)+ }) => {
        #[doc = concat!("`", stringify!($name), "` of the contract: exactly one of its elements.")]
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $( $variant($type), )+
        }

        // By hand: yaserde's derive for an enum asks for a default, and a choice has none.
        impl yaserde::YaDeserialize for $name {
            fn deserialize<R: std::io::Read>(
                reader: &mut yaserde::de::Deserializer<R>,
            ) -> yaserde::Result<Self> {
                use yaserde::__xml::reader::XmlEvent;
                loop {
                    let local = match reader.peek()? {
                        XmlEvent::StartElement { name, .. } => name.local_name.clone(),
                        XmlEvent::EndDocument => {
                            return Err(yaserde::Error::custom("nothing of a choice is there"));
                        }
                        _ => String::new(),
                    };
                    match local.as_str() {
                        $( $wire => {
                            let value = <$type as yaserde::YaDeserialize>::deserialize(reader)?;
                            reader.next_event()?;
                            return Ok($name::$variant(value));
                        } )+
                        // The element around the choice, or one that belongs to another place.
                        _ => { reader.next_event()?; }
                    }
                }
            }
        }

        impl yaserde::YaSerialize for $name {
            fn serialize<W: std::io::Write>(
                &self,
                writer: &mut yaserde::ser::Serializer<W>,
            ) -> yaserde::Result<()> {
                use yaserde::__xml::writer::XmlEvent;
                let around = writer.get_start_event_name().filter(|_| !writer.skip_start_end());
                if let Some(name) = &around {
                    writer.write(XmlEvent::start_element(name.as_str()))?;
                }
                writer.set_skip_start_end(false);
                match self {
                    $( $name::$variant(value) => {
                        writer.set_start_event_name(Some(concat!("psop:", $wire).to_owned()));
                        yaserde::YaSerialize::serialize(value, writer)?;
                    } )+
                }
                if around.is_some() {
                    writer.write(XmlEvent::end_element())?;
                }
                Ok(())
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

        impl $crate::contract::decode::ContractChoice for $name {
            const CHOICE: &'static $crate::contract::shape::Shape =
                &$crate::contract::shape::Shape {
                    name: stringify!($name),
                    docs: docs!($docs),
                    kind: $crate::contract::shape::Kind::Choice(&[
                        $( $crate::contract::shape::Particle {
                            name: $wire,
                            shape: <$type as $crate::contract::decode::ContractType>::SHAPE,
                            occurs: $crate::contract::shape::Occurs::ONCE,
                            docs: docs!($vdocs),
                        }, )+
                    ]),
                };

            fn decode_variant(
                sequence: &mut $crate::contract::decode::Sequence<'_, '_, '_>,
            ) -> ::core::result::Result<Self, $crate::contract::decode::DecodeError> {
                $( if sequence.next_is($wire)? {
                    return Ok($name::$variant(sequence.one($wire)?));
                } )+
                Err(sequence.no_variant(<Self as $crate::contract::decode::ContractChoice>::CHOICE))
            }

            fn encode_variant(&self, out: &mut String) {
                match self {
                    $( $name::$variant(value) => contract_place!(encode one out $wire *value), )+
                }
            }
        }

        impl $crate::contract::decode::ContractType for $name {
            const SHAPE: &'static $crate::contract::shape::Shape =
                <Self as $crate::contract::decode::ContractChoice>::CHOICE;

            fn decode(
                decoder: &mut $crate::contract::decode::Decoder<'_, '_>,
            ) -> ::core::result::Result<Self, $crate::contract::decode::DecodeError> {
                let mut sequence = $crate::contract::decode::Sequence::open(
                    decoder,
                    <Self as $crate::contract::decode::ContractType>::SHAPE,
                );
                let value = sequence.choice()?;
                sequence.end()?;
                Ok(value)
            }

            fn encode(&self, out: &mut String) {
                $crate::contract::decode::ContractChoice::encode_variant(self, out);
            }
        }
    };
}
