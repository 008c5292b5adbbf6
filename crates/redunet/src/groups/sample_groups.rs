use crate::error::Error;

/// Weighted groups of samples, the rows of a matrix Π `[groups, samples]` with entries π ≥ 0.
///
/// Groups may overlap and may be empty. Samples in no group are only expanded.
///
/// ```
/// use redunet::SampleGroups;
///
/// // The closed neighborhoods of the path 0 – 1 – 2.
/// let lists = [vec![0, 1], vec![0, 1, 2], vec![1, 2]];
/// let groups = SampleGroups::from_lists(3, lists.map(|list| list.into_iter().map(|sample| (sample, 1.0))))?;
/// assert_eq!((groups.num_groups(), groups.total_weight()), (3, 7.0));
/// # Ok::<(), redunet::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SampleGroups {
    /// Members of all groups one after the other, ascending in each; group g has those from `begins[g]` to `begins[g + 1]`.
    members: Vec<usize>,
    weights: Vec<f64>,
    begins: Vec<usize>,
    total_weight: f64,
    /// Where each sample is a member, by ascending groups; sample i has those from `sample_begins[i]` to `sample_begins[i + 1]`.
    places: Vec<Place>,
    sample_begins: Vec<usize>,
}

/// Where a sample is a member.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub(crate) group: usize,
    /// Which of the group's members it is.
    pub(crate) position: usize,
}

/// One group: its members, ascending, and their weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group<'a> {
    pub(crate) members: &'a [usize],
    pub(crate) weights: &'a [f64],
}

impl Group<'_> {
    /// The sum t of the weights.
    pub(crate) fn total(&self) -> f64 {
        self.weights.iter().sum()
    }
}

impl SampleGroups {
    /// Groups as lists of (sample, weight), in any order of the samples. O(members · log members + samples).
    ///
    /// # Errors
    /// A sample not below `num_samples` or twice in a group; a weight that is negative, NaN or infinite; weights whose sum is 0 or
    /// infinite.
    pub fn from_lists<List: IntoIterator<Item = (usize, f64)>>(
        num_samples: usize,
        lists: impl IntoIterator<Item = List>,
    ) -> Result<Self, Error> {
        let (mut members, mut weights, mut begins) = (Vec::new(), Vec::new(), vec![0]);
        let mut sample_begins = vec![0; num_samples + 1];
        for (group, list) in lists.into_iter().enumerate() {
            let mut list: Vec<(usize, f64)> = list.into_iter().collect();
            list.sort_unstable_by_key(|(sample, _)| *sample);
            for (place, &(sample, weight)) in list.iter().enumerate() {
                if sample >= num_samples {
                    return Err(Error::MemberOutOfRange { group, sample, num_samples });
                }
                if place > 0 && list[place - 1].0 == sample {
                    return Err(Error::DuplicateMember { group, sample });
                }
                if !(weight >= 0.0 && weight.is_finite()) {
                    return Err(Error::Weight { group, sample, weight });
                }
                members.push(sample);
                weights.push(weight);
                sample_begins[sample + 1] += 1;
            }
            begins.push(members.len());
        }
        let total_weight = weights.iter().sum();
        if !(total_weight > 0.0 && f64::is_finite(total_weight)) {
            return Err(Error::NoWeight { found: total_weight });
        }
        (0..num_samples).for_each(|sample| sample_begins[sample + 1] += sample_begins[sample]);
        let mut next = sample_begins.clone();
        let mut places = vec![Place::default(); members.len()];
        for (group, range) in begins.windows(2).enumerate() {
            for (position, &sample) in members[range[0]..range[1]].iter().enumerate() {
                places[next[sample]] = Place { group, position };
                next[sample] += 1;
            }
        }
        Ok(Self { members, weights, begins, total_weight, places, sample_begins })
    }

    /// Number of groups.
    pub fn num_groups(&self) -> usize {
        self.begins.len() - 1
    }

    /// Number of samples that the groups are drawn from.
    pub fn num_samples(&self) -> usize {
        self.sample_begins.len() - 1
    }

    /// The sum T of all weights.
    pub fn total_weight(&self) -> f64 {
        self.total_weight
    }

    pub(crate) fn group(&self, group: usize) -> Group<'_> {
        let range = self.begins[group]..self.begins[group + 1];
        Group { members: &self.members[range.clone()], weights: &self.weights[range] }
    }

    /// Where a sample is a member, by ascending groups.
    pub(crate) fn places_of(&self, sample: usize) -> &[Place] {
        &self.places[self.sample_begins[sample]..self.sample_begins[sample + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_found_by_sample() {
        let groups = SampleGroups::from_lists(4, [vec![(3, 0.5), (1, 2.0)], vec![], vec![(1, 0.0)]]).unwrap();
        assert_eq!((groups.num_groups(), groups.num_samples(), groups.total_weight()), (3, 4, 2.5));
        assert_eq!((groups.group(0).members, groups.group(0).weights), (&[1, 3][..], &[2.0, 0.5][..]));
        assert_eq!(groups.group(0).total(), 2.5);
        assert_eq!(groups.group(1).members, [0usize; 0]);
        let place = |group, position| Place { group, position };
        assert_eq!(groups.places_of(1), [place(0, 0), place(2, 0)]);
        assert_eq!(groups.places_of(2), []);
        assert_eq!(groups.places_of(3), [place(0, 1)]);
    }

    #[test]
    fn lists_that_are_no_groups_are_named() {
        let message = |list: &[(usize, f64)]| {
            SampleGroups::from_lists(3, [vec![], list.to_vec()]).unwrap_err().to_string()
        };
        assert_eq!(message(&[(0, 1.0), (3, 1.0)]), "group 1: expected samples below 3, found 3");
        assert_eq!(
            message(&[(2, 1.0), (0, 1.0), (2, 1.0)]),
            "group 1: expected each sample once, found sample 2 twice"
        );
        assert_eq!(message(&[(2, -0.5)]), "group 1, sample 2: expected a weight of at least 0, found -0.5");
        assert_eq!(message(&[(2, 0.0)]), "groups: expected weights with a positive finite sum, found 0");
        assert_eq!(
            message(&[(0, f64::MAX), (1, f64::MAX)]),
            "groups: expected weights with a positive finite sum, found inf"
        );
    }
}
