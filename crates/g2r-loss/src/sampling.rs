//! Which groups a step looks at.

use rand::seq::index;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// How a step draws its mini-batch B of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// Uniformly, a group may come up several times. The authors' choice.
    WithReplacement,
    /// Uniformly, each group at most once.
    WithoutReplacement,
    /// Every group in every step.
    All,
}

/// A mini-batch of groups: which, and how often each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Groups, ascending, each once, with the number of times it was drawn.
    drawn: Vec<(u32, u32)>,
}

impl Sampling {
    /// Draws `size` of `num_groups` groups; at most all of them without replacement, all of them for [`All`](Self::All).
    pub fn draw(self, num_groups: usize, size: usize, rng: &mut impl Rng) -> Batch {
        let mut counts = vec![0u32; num_groups];
        match self {
            Self::All => counts.fill(1),
            Self::WithoutReplacement => {
                for group in index::sample(rng, num_groups, size.min(num_groups)) {
                    counts[group] = 1;
                }
            }
            Self::WithReplacement if num_groups > 0 => {
                for _ in 0..size {
                    counts[rng.random_range(0..num_groups)] += 1;
                }
            }
            Self::WithReplacement => {}
        }
        let drawn = (0..).zip(counts).filter(|(_, count)| *count > 0).collect();
        Batch { drawn }
    }
}

impl Batch {
    /// Every group once.
    pub fn all(num_groups: usize) -> Self {
        Self { drawn: (0..num_groups as u32).map(|group| (group, 1)).collect() }
    }

    /// The groups named, each as often as it is named.
    pub fn of(groups: &[u32]) -> Self {
        let mut sorted = groups.to_vec();
        sorted.sort_unstable();
        Self { drawn: sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u32)).collect() }
    }

    /// Groups, ascending, each once, with the number of times it was drawn.
    pub fn drawn(&self) -> &[(u32, u32)] {
        &self.drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn total(batch: &Batch) -> u32 {
        batch.drawn().iter().map(|(_, count)| count).sum()
    }

    #[test]
    fn with_replacement_draws_as_many_as_asked_and_repeats_some() {
        let batch = Sampling::WithReplacement.draw(10, 50, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(total(&batch), 50);
        assert!(batch.drawn().iter().any(|(_, count)| *count > 1));
    }

    #[test]
    fn without_replacement_draws_each_group_at_most_once() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let batch = Sampling::WithoutReplacement.draw(10, 6, &mut rng);
        assert_eq!((total(&batch), batch.drawn().len()), (6, 6));
        assert_eq!(Sampling::WithoutReplacement.draw(10, 60, &mut rng), Batch::all(10));
    }

    #[test]
    fn every_group_comes_up_about_equally_often() {
        let batch = Sampling::WithReplacement.draw(4, 40_000, &mut ChaCha8Rng::seed_from_u64(2));
        for (group, count) in batch.drawn() {
            assert!((9_600..10_400).contains(count), "group {group} was drawn {count} times of 40 000");
        }
    }

    #[test]
    fn no_groups_give_an_empty_batch() {
        for sampling in [Sampling::All, Sampling::WithReplacement, Sampling::WithoutReplacement] {
            assert_eq!(sampling.draw(0, 5, &mut ChaCha8Rng::seed_from_u64(1)), Batch::all(0));
        }
    }

    #[test]
    fn naming_a_group_twice_counts_it_twice() {
        assert_eq!(Batch::of(&[3, 1, 3]).drawn(), [(1, 1), (3, 2)]);
    }
}
