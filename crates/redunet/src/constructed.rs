/// A network with what it makes of the samples that it was constructed from.
#[derive(Clone, Debug)]
pub struct Constructed<Network, Output> {
    /// The network.
    pub network: Network,
    /// The samples behind the last layer: the network's `transform` of the samples of the construction, up to rounding.
    pub output: Output,
}
