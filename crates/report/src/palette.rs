//! The colours: one table, from which the page, the files and the rasteriser take them.

use std::fmt::Write as _;

/// What a colour stands for. Nothing is drawn in a colour of its own, so that a page can be light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// What is read first.
    Text,
    /// Labels of axes, what is read second.
    Muted,
    /// Lines behind the data.
    Grid,
    /// What the figure is drawn on.
    Surface,
    /// The one colour of the page.
    Accent,
    /// The opposite of the accent, for values below 0.
    Contrast,
    /// A class, by its number.
    Class(usize),
    /// Nodes without a class.
    NoClass,
}

/// How many classes have a colour of their own; later ones have another mark in a colour that was there before.
pub(crate) const CLASS_COLOURS: usize = 8;

/// An ink with its colours on white and on the dark page.
struct Entry {
    name: &'static str,
    light: u32,
    dark: u32,
}

/// The classes' colours are those of Okabe and Ito (2008), made for colour-blind readers, in an order in which
/// neighbors differ most; yellow is darkened on white and black is a slate, so that both are seen.
const TABLE: [Entry; 7 + CLASS_COLOURS] = [
    Entry { name: "text", light: 0x17_20_2A, dark: 0xE8_EC_F1 },
    Entry { name: "muted", light: 0x5A_66_75, dark: 0x9F_AC_BC },
    Entry { name: "grid", light: 0xE2_E6_EC, dark: 0x2C_35_42 },
    Entry { name: "surface", light: 0xFF_FF_FF, dark: 0x16_1C_25 },
    Entry { name: "accent", light: 0x0B_5C_AD, dark: 0x6C_B2_FF },
    Entry { name: "contrast", light: 0xC2_4E_00, dark: 0xFF_9A_52 },
    Entry { name: "no-class", light: 0xA8_B0_BB, dark: 0x66_71_80 },
    Entry { name: "c0", light: 0x00_72_B2, dark: 0x3B_9D_DB },
    Entry { name: "c1", light: 0xE6_9F_00, dark: 0xF0_B0_26 },
    Entry { name: "c2", light: 0x00_9E_73, dark: 0x1D_BF_91 },
    Entry { name: "c3", light: 0xCC_79_A7, dark: 0xE0_93_BF },
    Entry { name: "c4", light: 0xD5_5E_00, dark: 0xF0_79_1E },
    Entry { name: "c5", light: 0x56_B4_E9, dark: 0x7F_CB_F5 },
    Entry { name: "c6", light: 0x4B_55_63, dark: 0xC3_CB_D6 },
    Entry { name: "c7", light: 0xB8_A8_00, dark: 0xE9_DC_43 },
];

impl Ink {
    fn entry(self) -> &'static Entry {
        &TABLE[match self {
            Self::Text => 0,
            Self::Muted => 1,
            Self::Grid => 2,
            Self::Surface => 3,
            Self::Accent => 4,
            Self::Contrast => 5,
            Self::NoClass => 6,
            Self::Class(class) => 7 + class % CLASS_COLOURS,
        }]
    }

    /// The ink's name in style sheets.
    pub(crate) fn name(self) -> &'static str {
        self.entry().name
    }

    /// Red, green, blue on white paper.
    pub(crate) fn rgb(self) -> [u8; 3] {
        let [_, red, green, blue] = self.entry().light.to_be_bytes();
        [red, green, blue]
    }
}

/// The colours as custom properties of CSS, `--text:#17202a;…`, for a light page.
pub(crate) fn light_properties() -> String {
    properties(|entry| entry.light)
}

/// The colours as custom properties of CSS for a dark page.
pub(crate) fn dark_properties() -> String {
    properties(|entry| entry.dark)
}

fn properties(colour: impl Fn(&Entry) -> u32) -> String {
    TABLE.iter().fold(String::new(), |mut css, entry| {
        // Writing to a string cannot fail.
        let _ = write!(css, "--{}:#{:06x};", entry.name, colour(entry));
        css
    })
}

/// The rules by which a figure on a page takes the page's colours.
pub(crate) fn page_rules() -> String {
    rules(|entry| format!("var(--{})", entry.name))
}

/// The rules by which a figure in a file of its own has its colours on white.
pub(crate) fn file_rules() -> String {
    rules(|entry| format!("#{:06x}", entry.light))
}

fn rules(colour: impl Fn(&Entry) -> String) -> String {
    TABLE.iter().fold(String::new(), |mut css, entry| {
        let (name, colour) = (entry.name, colour(entry));
        let _ = write!(css, ".plot .f-{name}{{fill:{colour}}}.plot .s-{name}{{stroke:{colour};fill:none}}");
        css
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast of two colours by WCAG 2.2, from 1 (the same) to 21 (black on white).
    fn contrast(a: u32, b: u32) -> f64 {
        let luminance = |colour: u32| {
            let [_, rgb @ ..] = colour.to_be_bytes();
            let [r, g, b] = rgb.map(|byte| {
                let c = f64::from(byte) / 255.0;
                if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn text_can_be_read_on_either_page() {
        for ink in [Ink::Text, Ink::Muted, Ink::Accent, Ink::Contrast] {
            let (entry, surface) = (ink.entry(), Ink::Surface.entry());
            assert!(contrast(entry.light, surface.light) >= 4.5, "{} on white", entry.name);
            assert!(contrast(entry.dark, surface.dark) >= 4.5, "{} on the dark page", entry.name);
        }
    }

    #[test]
    fn every_class_is_seen_on_either_page() {
        for class in 0..CLASS_COLOURS {
            let (entry, surface) = (Ink::Class(class).entry(), Ink::Surface.entry());
            assert!(contrast(entry.light, surface.light) >= 2.1, "{} on white", entry.name);
            assert!(contrast(entry.dark, surface.dark) >= 3.0, "{} on the dark page", entry.name);
        }
    }

    #[test]
    fn the_ninth_class_has_the_first_colour_again() {
        assert_eq!(Ink::Class(8).name(), Ink::Class(0).name());
        assert_ne!(Ink::Class(7).name(), Ink::Class(0).name());
    }

    #[test]
    fn a_file_names_its_colours_itself_and_a_page_by_reference() {
        assert!(file_rules().contains(".plot .f-accent{fill:#0b5cad}"));
        assert!(page_rules().contains(".plot .s-c0{stroke:var(--c0);fill:none}"));
    }
}
