//! Tests of the whole: the examples run, the loss is right on real groups, the closed form is that
//! of its plain reference, and threads change no bit.

mod determinism;
mod examples;
mod linear_reference;
#[path = "../operators/mod.rs"]
mod operators;
mod real_groups;

#[test]
fn every_operator_agrees_with_f64_loops() {
    for (name, check) in operators::CHECKS {
        println!("{name}");
        check(&burn::tensor::Device::flex());
    }
}
