//! Every example runs to its end.

#![expect(unreachable_pub, reason = "the main of an example is public so that it can be called here")]

#[path = "../../examples/coding_rate_by_hand.rs"]
mod coding_rate_by_hand;
#[path = "../../examples/compare_methods.rs"]
mod compare_methods;
#[path = "../../examples/embed_and_cluster.rs"]
mod embed_and_cluster;
#[path = "../../examples/load_a_graph.rs"]
mod load_a_graph;
#[path = "../../examples/one_convolution.rs"]
mod one_convolution;
#[path = "../../examples/redunet_page.rs"]
#[expect(dead_code, reason = "its folder is an argument")]
mod redunet_page;
#[path = "../../examples/train_on_a_block_model.rs"]
mod train_on_a_block_model;
#[path = "../../examples/unseen_nodes.rs"]
mod unseen_nodes;
#[path = "../../examples/vectors_by_id.rs"]
mod vectors_by_id;
#[path = "../../examples/your_own_dataset.rs"]
mod your_own_dataset;
#[path = "../../examples/your_own_encoder.rs"]
mod your_own_encoder;
#[path = "../../examples/your_own_loss.rs"]
mod your_own_loss;
#[path = "../../examples/your_own_method.rs"]
mod your_own_method;

#[test]
fn coding_rate_by_hand_runs() {
    coding_rate_by_hand::main().unwrap();
}

#[test]
fn compare_methods_runs() {
    compare_methods::main().unwrap();
}

#[test]
fn embed_and_cluster_runs() {
    embed_and_cluster::main().unwrap();
}

#[test]
fn load_a_graph_runs() {
    load_a_graph::main().unwrap();
}

#[test]
fn one_convolution_runs() {
    one_convolution::main().unwrap();
}

#[test]
fn redunet_page_writes_a_page_and_two_figures() {
    let folder = tempfile::tempdir().unwrap();
    redunet_page::write(folder.path()).unwrap();
    for name in ["redunet.html", "redunet-samples.svg", "redunet-rates.svg"] {
        assert!(std::fs::read_to_string(folder.path().join(name)).unwrap().contains("<svg"), "{name}");
    }
}

#[test]
fn train_on_a_block_model_runs() {
    train_on_a_block_model::main().unwrap();
}

#[test]
fn your_own_dataset_runs() {
    your_own_dataset::main().unwrap();
}

#[test]
fn unseen_nodes_runs() {
    unseen_nodes::main().unwrap();
}

#[test]
fn vectors_by_id_runs() {
    vectors_by_id::main().unwrap();
}

#[test]
fn your_own_encoder_runs() {
    your_own_encoder::main().unwrap();
}

#[test]
fn your_own_loss_runs() {
    your_own_loss::main().unwrap();
}

#[test]
fn your_own_method_runs() {
    your_own_method::main().unwrap();
}
