//! The command line: what the commands have in common. The arguments of each are in its own file or folder.

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum};
use harness::{Checkpoint, EncoderKind, FeatureScaling, FeatureWeighting, Projection, Protocol};
use serde::Serialize;
use toml::Table;

use crate::commands::bench::BenchArgs;
use crate::commands::cluster::ClusterArgs;
use crate::commands::convert::ConvertArgs;
use crate::commands::data::DataListArgs;
use crate::commands::embed::EmbedArgs;
use crate::commands::evaluate::EvaluateArgs;
use crate::commands::fetch::DataFetchArgs;
use crate::commands::inspect::InspectArgs;
use crate::commands::layout::LayoutArgs;
use crate::commands::methods::MethodsArgs;
use crate::commands::report::ReportArgs;
use crate::commands::train::TrainArgs;
use crate::commands::tune::TuneArgs;

const EXAMPLES: &str = "\
Examples:
  g2r train cora                        the default method; writes runs/cora-g2r-linear
  g2r train cora --method g2r           another, with ten seeds; writes runs/cora-g2r
  g2r train roads.tsv.gz --nodes roads.csv    your own graph, in any format of `g2r data formats`
  g2r embed runs/cora-g2r-linear new.tsv       nodes that training never saw, with a saved model
  g2r bench --datasets cora --methods g2r,dgi     compare methods with each other and with the baselines
  g2r tune g2r-linear --datasets cora --grid grid.toml    choose settings by validation over random splits
  g2r methods g2r                       every setting of a method with its value
  g2r report runs/cora-g2r-linear       a page of a run, to be opened in a browser
  g2r evaluate z.npy --dataset cora     evaluate an embedding from anywhere
  g2r inspect citeseer                  what is in a data set
  g2r data list                         which data sets there are
  g2r data fetch pubmed                 download one that is not in the program
  g2r data convert cora cora.graphml    a graph or an embedding in another format

Exit codes: 0 fine, 1 the run failed, 2 wrong usage or input.
Raw files of data sets that are not in the program are read from the folder that GRAPH_IO_DATA names, else from g2r/data
in the cache folder (XDG_CACHE_HOME, else ~/.cache).";

/// Node embeddings of graphs without labels, by rate reduction.
#[derive(Debug, Parser)]
#[command(name = "g2r", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train an embedding, evaluate it and the baselines, and write it with its model and report
    #[command(args_override_self = true)]
    Train(Box<TrainArgs>),
    /// Embed nodes that training never saw, with a saved model; ids are kept
    #[command(args_override_self = true)]
    Embed(Box<EmbedArgs>),
    /// Compare methods and baselines on data sets over seeds; an interrupted comparison is resumed
    #[command(args_override_self = true)]
    Bench(Box<BenchArgs>),
    /// Choose settings of a method by validation accuracy over random splits, and write them as a preset
    #[command(args_override_self = true)]
    Tune(Box<TuneArgs>),
    /// List the methods, or every setting of one with its value
    Methods(MethodsArgs),
    /// Make one page of a run: curves, spectra, angles between classes, a map of the nodes
    Report(ReportArgs),
    /// Evaluate an embedding from anywhere, or a trained model
    Evaluate(EvaluateArgs),
    /// Find clusters of an embedding or of features, by subspaces, by coding rate, by k-means
    #[command(args_override_self = true)]
    Cluster(Box<ClusterArgs>),
    /// Draw a graph: nodes placed by its edges or by an embedding
    #[command(args_override_self = true)]
    Layout(Box<LayoutArgs>),
    /// Count what is in a data set: nodes, degrees, components, features, classes, homophily
    Inspect(InspectArgs),
    /// Execute runs that a comparison hands over on standard input
    #[command(hide = true)]
    RunIsolated,
    /// Data sets
    Data {
        #[command(subcommand)]
        command: DataCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// List the data sets known by name, where each comes from, and whether it is available here
    List(DataListArgs),
    /// Download data sets known by name
    Fetch(DataFetchArgs),
    /// List the formats of graphs and of embeddings: which are read, which written, what they keep
    Formats(DataListArgs),
    /// Write a graph or an embedding in another format, with the ids of its nodes
    Convert(Box<ConvertArgs>),
}

/// The form of standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people
    Text,
    /// One JSON object a line, and nothing else
    Json,
}

pub(crate) const DEVICES: [&str; 4] = ["auto", "cpu", "wgpu", "cuda"];

/// What is done to the features: the table `preparation` of a config file.
#[derive(Clone, Debug, Default, clap::Args, Serialize)]
pub(crate) struct PreparationArgs {
    /// How feature entries are weighed [default: as the method's preset has it]
    #[arg(long, value_parser = feature_weightings(), help_heading = "Run")]
    #[serde(skip_serializing_if = "Option::is_none")]
    feature_weighting: Option<String>,
    /// Feature scaling; auto chooses by what the columns hold, and prints what and why [default: as the preset has it, else auto]
    #[arg(long, value_parser = feature_scalings(), help_heading = "Run")]
    #[serde(skip_serializing_if = "Option::is_none")]
    feature_scaling: Option<String>,
    /// Subtract the mean of each feature column [default: as the preset has it, else false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", help_heading = "Run")]
    #[serde(skip_serializing_if = "Option::is_none")]
    center_features: Option<bool>,
    /// A linear map of the features, learned on the training graph [default: as the preset has it, else none]
    #[arg(long, value_parser = projections(), help_heading = "Run")]
    #[serde(skip)]
    feature_projection: Option<String>,
}

impl PreparationArgs {
    /// The flags that were given, as a config file would hold them.
    pub(crate) fn settings(&self) -> Table {
        let mut table = to_table(self);
        if let Some(kind) = &self.feature_projection {
            let kind: Table = [("kind".to_string(), kind.as_str().into())].into_iter().collect();
            table.insert("projection".to_string(), kind.into());
        }
        table
    }
}

/// The flags that were given, as keys of a table.
pub(crate) fn to_table(flags: &impl Serialize) -> Table {
    Table::try_from(flags).expect("flags are numbers, words and lists")
}

pub(crate) fn protocols() -> PossibleValuesParser {
    let names = Protocol::ALL.iter().map(|protocol| protocol.name());
    names.chain(["random-20"]).collect::<Vec<_>>().into()
}

pub(crate) fn evaluating_protocols() -> PossibleValuesParser {
    let evaluating = Protocol::ALL.iter().filter(|protocol| protocol.evaluates());
    evaluating.map(|protocol| protocol.name()).chain(["random-20"]).collect::<Vec<_>>().into()
}

pub(crate) fn checkpoints() -> PossibleValuesParser {
    Checkpoint::ALL.iter().map(|checkpoint| checkpoint.name()).collect::<Vec<_>>().into()
}

pub(crate) fn encoders() -> PossibleValuesParser {
    EncoderKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().into()
}

fn feature_weightings() -> PossibleValuesParser {
    FeatureWeighting::ALL.iter().map(|weighting| weighting.name()).collect::<Vec<_>>().into()
}

fn projections() -> PossibleValuesParser {
    Projection::ALL.iter().map(|projection| projection.name()).collect::<Vec<_>>().into()
}

fn feature_scalings() -> PossibleValuesParser {
    FeatureScaling::ALL.iter().map(|scaling| scaling.name()).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }
}
