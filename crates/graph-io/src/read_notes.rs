//! What a reader decided about a source, for its user to check.

use std::fmt;

use serde::Serialize;

/// What a reader decided about a source where the source does not say it: shown by `g2r inspect`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadNotes {
    /// What the weights of the edges were read from, such as "column \"weight\""; none without weights.
    pub weights_from: Option<String>,
    /// Columns and attributes of nodes that are not used.
    pub unused_columns: Vec<UnusedColumn>,
    /// What was done where something else could be meant.
    pub remarks: Vec<String>,
    /// What is likely to be read wrong, with the flag that helps.
    pub warnings: Vec<String>,
}

/// A column that is not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnusedColumn {
    /// The name of the column.
    pub name: String,
    /// Why it is not used.
    pub reason: String,
}

impl ReadNotes {
    /// Notes a column that is not used.
    pub(crate) fn unused(&mut self, name: &str, reason: impl Into<String>) {
        self.unused_columns.push(UnusedColumn { name: name.to_string(), reason: reason.into() });
    }

    /// Adds the notes about another file of the same source.
    pub(crate) fn append(&mut self, other: Self) {
        self.weights_from = self.weights_from.take().or(other.weights_from);
        self.unused_columns.extend(other.unused_columns);
        self.remarks.extend(other.remarks);
        self.warnings.extend(other.warnings);
    }
}

/// More columns of one reason are counted.
const MAX_SHOWN: usize = 8;

impl fmt::Display for ReadNotes {
    /// A line for each note; columns that are not used for the same reason in one line.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, column) in self.unused_columns.iter().enumerate() {
            let of_reason = |others: &[UnusedColumn]| {
                let same = others.iter().filter(|other| other.reason == column.reason);
                same.map(|other| format!("{:?}", other.name)).collect::<Vec<_>>()
            };
            if !of_reason(&self.unused_columns[..place]).is_empty() {
                continue;
            }
            let mut names = of_reason(&self.unused_columns);
            let num_more = names.len().saturating_sub(MAX_SHOWN);
            names.truncate(MAX_SHOWN);
            if num_more > 0 {
                names.push(format!("{num_more} more"));
            }
            writeln!(out, "not used: {} ({})", names.join(", "), column.reason)?;
        }
        self.remarks.iter().try_for_each(|remark| writeln!(out, "{remark}"))?;
        self.warnings.iter().try_for_each(|warning| writeln!(out, "warning: {warning}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_one_reason_are_shown_together_and_many_are_counted() {
        let mut notes = ReadNotes::default();
        (0..10).for_each(|column| notes.unused(&format!("c{column}"), "text"));
        notes.unused("x", "layout");
        notes.remarks.push("first line read as names of columns".into());
        let mut table = ReadNotes::default();
        table.unused("d", "text");
        table.warnings.push("weights look like times".into());
        notes.append(table);
        assert_eq!(
            notes.to_string(),
            "not used: \"c0\", \"c1\", \"c2\", \"c3\", \"c4\", \"c5\", \"c6\", \"c7\", 3 more (text)\n\
             not used: \"x\" (layout)\nfirst line read as names of columns\nwarning: weights look like times\n"
        );
    }
}
