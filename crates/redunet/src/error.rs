//! What can be wrong with settings, samples, labels, groups and stored matrices.

/// An error of this crate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The monitor ended the construction.
    #[error("interrupted")]
    Interrupted,
    /// A setting outside its range.
    #[error("`{name}` must be {expected}, got {found}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// Its range, in words.
        expected: &'static str,
        /// The value given.
        found: f64,
    },
    /// Samples without a number: no sample, or a side of length 0.
    #[error("samples: expected no side of length 0, found the shape {found:?}")]
    Empty {
        /// The shape of all samples.
        found: Vec<usize>,
    },
    /// Samples of another shape than the network's.
    #[error("samples: expected the shape {expected:?} of each as in the construction, found {found:?}")]
    SampleShape {
        /// The shape of a sample of the construction.
        expected: Vec<usize>,
        /// The shape of a sample found.
        found: Vec<usize>,
    },
    /// NaN or infinity in a sample.
    #[error("sample {sample}, entry {entry}: expected a finite number, found {value}")]
    NotFinite {
        /// Index of the sample.
        sample: usize,
        /// Index of the entry in the flattened sample.
        entry: usize,
        /// The value found.
        value: f64,
    },
    /// Not one label for each sample.
    #[error("labels: expected {expected}, one for each sample, found {found}")]
    LabelsLength {
        /// The number of samples.
        expected: usize,
        /// The number of labels.
        found: usize,
    },
    /// A label that is no class.
    #[error("labels[{sample}]: expected a class below {num_classes}, found {label}")]
    LabelOutOfRange {
        /// Index of the sample.
        sample: usize,
        /// The label found.
        label: usize,
        /// The number of classes.
        num_classes: usize,
    },
    /// A class without samples: its matrix C would be infinite.
    #[error("class {class}: expected at least one sample, found none")]
    EmptyClass {
        /// The class.
        class: usize,
    },
    /// Groups of another number of samples.
    #[error("groups: expected groups of {expected} samples, found groups of {found}")]
    GroupsLength {
        /// The number of samples given.
        expected: usize,
        /// The number of samples that the groups were made for.
        found: usize,
    },
    /// A member that is no sample.
    #[error("group {group}: expected samples below {num_samples}, found {sample}")]
    MemberOutOfRange {
        /// Index of the group.
        group: usize,
        /// The sample found.
        sample: usize,
        /// The number of samples.
        num_samples: usize,
    },
    /// A sample that is listed twice in a group.
    #[error("group {group}: expected each sample once, found sample {sample} twice")]
    DuplicateMember {
        /// Index of the group.
        group: usize,
        /// The sample.
        sample: usize,
    },
    /// A weight that is negative, NaN or infinite.
    #[error("group {group}, sample {sample}: expected a weight of at least 0, found {weight}")]
    Weight {
        /// Index of the group.
        group: usize,
        /// Index of the sample.
        sample: usize,
        /// The weight found.
        weight: f64,
    },
    /// Groups whose weights have no positive finite sum.
    #[error("groups: expected weights with a positive finite sum, found {found}")]
    NoWeight {
        /// The sum.
        found: f64,
    },
    /// A matrix I + αZᵀZ whose Cholesky factorization fails: the samples or α overflow.
    #[error("the matrix I + αZᵀZ of size {size} is not positive definite in f64")]
    NotPositiveDefinite {
        /// Rows of the matrix.
        size: usize,
    },
    /// A stored matrix that is missing.
    #[error("expected the matrix {name}, found none")]
    MissingMatrix {
        /// Its name.
        name: String,
    },
    /// A stored matrix of another shape.
    #[error("expected the matrix {name} of shape {expected:?}, found {found:?}")]
    MatrixShape {
        /// Its name.
        name: String,
        /// Its shape in the network.
        expected: [usize; 2],
        /// Its shape as stored.
        found: [usize; 2],
    },
    /// A stored matrix with an entry that does not belong in it.
    #[error("the matrix {name}: expected {expected}, found {value}")]
    MatrixEntry {
        /// Its name.
        name: String,
        /// What its entries are, in words.
        expected: &'static str,
        /// The entry found.
        value: f64,
    },
}
