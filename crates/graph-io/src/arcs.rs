//! Arcs as a source lists them, before they become a graph.

/// Ordered pairs of nodes in the order of their source, with weights where it has any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arcs {
    /// Where each arc starts.
    pub from: Vec<u32>,
    /// Where each arc ends; as long as `from`.
    pub to: Vec<u32>,
    /// The weight of each arc, as long as `from`; none for a source without weights.
    pub weights: Option<Vec<f32>>,
    /// What a pair stands for.
    pub meaning: ArcMeaning,
}

/// What an ordered pair of nodes stands for in a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArcMeaning {
    /// One direction; the other is a pair of its own.
    #[default]
    Directed,
    /// An edge, whichever its order.
    Undirected,
}

impl Arcs {
    /// Arcs of weight 1.
    pub fn from_pairs(pairs: &[(u32, u32)], meaning: ArcMeaning) -> Self {
        let (from, to) = pairs.iter().copied().unzip();
        Self { from, to, weights: None, meaning }
    }

    /// How many there are.
    ///
    /// # Panics
    /// When the lists differ in length.
    pub fn len(&self) -> usize {
        assert_eq!(self.from.len(), self.to.len(), "an arc has two ends");
        assert!(
            self.weights.as_ref().is_none_or(|weights| weights.len() == self.to.len()),
            "an arc has one weight"
        );
        self.from.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
