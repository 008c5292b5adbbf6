//! The numbers that the matrices hold.

use faer::c64;
use faer::traits::ComplexField;

/// f64 for vectors, complex for frequencies.
pub(crate) trait Scalar: ComplexField<Real = f64> + Copy + Send + Sync {
    const ZERO: Self;

    fn from_real(value: f64) -> Self;
    fn real(self) -> f64;
    /// |x|².
    fn norm_sq(self) -> f64;
    /// `self` + factor · other.
    fn plus_scaled(self, factor: f64, other: Self) -> Self;
    fn scaled(self, factor: f64) -> Self;
}

impl Scalar for f64 {
    const ZERO: Self = 0.0;

    fn from_real(value: f64) -> Self {
        value
    }

    fn real(self) -> f64 {
        self
    }

    fn norm_sq(self) -> f64 {
        self * self
    }

    fn plus_scaled(self, factor: f64, other: Self) -> Self {
        self + factor * other
    }

    fn scaled(self, factor: f64) -> Self {
        self * factor
    }
}

impl Scalar for c64 {
    const ZERO: Self = c64::new(0.0, 0.0);

    fn from_real(value: f64) -> Self {
        c64::new(value, 0.0)
    }

    fn real(self) -> f64 {
        self.re
    }

    fn norm_sq(self) -> f64 {
        self.re * self.re + self.im * self.im
    }

    fn plus_scaled(self, factor: f64, other: Self) -> Self {
        self + other * factor
    }

    fn scaled(self, factor: f64) -> Self {
        self * factor
    }
}
