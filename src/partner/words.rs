//! Tables of a page's own words, in the three languages.

/// `words! { name: "Finnish", "Swedish", "English"; … }` makes a `Words` with a field for each.
macro_rules! words {
    ($($name:ident: $fi:literal, $sv:literal, $en:literal;)*) => {
        /// The page's words in one language.
        pub(super) struct Words {
            $(pub(super) $name: &'static str,)*
        }

        static FI: Words = Words { $($name: $fi,)* };
        static SV: Words = Words { $($name: $sv,)* };
        static EN: Words = Words { $($name: $en,)* };

        impl Words {
            pub(super) fn of(language: $crate::partner::limits::Language) -> &'static Words {
                match language {
                    $crate::partner::limits::Language::Fi => &FI,
                    $crate::partner::limits::Language::Sv => &SV,
                    $crate::partner::limits::Language::En => &EN,
                }
            }
        }
    };
}

pub(crate) use words;
