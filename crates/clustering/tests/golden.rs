//! The coefficients of rows by one another against scikit-learn and NumPy, on the golden numbers that `tests/scripts/subspaces.py`
//! writes.

use clustering::{Method, SelfExpression};
use ndarray::Array2;
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn express(method: &Method, rows: &Array2<f32>) -> SelfExpression {
    match method {
        Method::Lsr(settings) => settings.express(rows.view()),
        Method::Ssc(settings) => settings.express(rows.view()),
        Method::Ensc(settings) => settings.express(rows.view()),
        Method::SscOmp(settings) => settings.express(rows.view()),
        other => panic!("{} writes no rows by others", other.name()),
    }
    .expect("the settings of the script are in range")
}

#[test]
fn coefficients_are_those_of_scikit_learn_and_numpy() {
    let problems: Value = serde_json::from_str(include_str!("golden/subspaces.json")).unwrap();
    let mut num_cases = 0;
    for problem in list(&problems) {
        let rows = list(&problem["rows"]);
        let (n, width) = (rows.len(), list(&rows[0]).len());
        let rows = Array2::from_shape_fn((n, width), |(i, j)| number(&rows[i][j]) as f32);
        for case in list(&problem["cases"]) {
            let method: Method = serde_json::from_value(case["settings"].clone()).unwrap();
            let mut expected = Array2::zeros((n, n));
            for entry in list(&case["coefficients"]) {
                expected[[number(&entry[0]) as usize, number(&entry[1]) as usize]] = number(&entry[2]);
            }
            let found = express(&method, &rows);
            assert_eq!(found.num_unfinished, 0);
            for ((place, found), expected) in found.coefficients.to_dense().indexed_iter().zip(&expected) {
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{n} rows, {method:?}, {place:?}: expected {expected}, found {found}"
                );
            }
            num_cases += 1;
        }
    }
    assert_eq!(num_cases, 27);
}
