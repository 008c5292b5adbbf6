//! The device that tensors are on.

use burn::tensor::Device;
use harness::DeviceChoice;

use crate::failure::Failure;

/// A device that was found, and what to call it.
pub(crate) struct Chosen {
    /// The device.
    pub(crate) device: Device,
    /// Its kind, as a config file names it.
    pub(crate) choice: DeviceChoice,
    /// Its name, for people.
    pub(crate) name: String,
}

impl Chosen {
    fn cpu() -> Self {
        Self { device: Device::flex(), choice: DeviceChoice::Cpu, name: "cpu".to_string() }
    }
}

/// The choice of a word of the command line.
pub(crate) fn named(word: &str) -> DeviceChoice {
    match word {
        "cpu" => DeviceChoice::Cpu,
        "wgpu" => DeviceChoice::Wgpu,
        "cuda" => DeviceChoice::Cuda,
        _ => DeviceChoice::Auto,
    }
}

/// Finds the device asked for: by `auto` a hardware GPU where there is one, through CUDA rather than WGPU, else the CPU.
pub(crate) fn choose(choice: DeviceChoice) -> Result<Chosen, Failure> {
    match choice {
        DeviceChoice::Cpu => Ok(Chosen::cpu()),
        DeviceChoice::Auto => Ok(cuda::first().or_else(wgpu::hardware).unwrap_or_else(Chosen::cpu)),
        DeviceChoice::Wgpu => wgpu::any(),
        DeviceChoice::Cuda => cuda::any(),
    }
}

#[cfg(not(feature = "cuda"))]
mod cuda {
    use super::Chosen;
    use crate::failure::Failure;

    pub(super) fn first() -> Option<Chosen> {
        None
    }

    pub(super) fn any() -> Result<Chosen, Failure> {
        Err(Failure::Input(anyhow::anyhow!(
            "this program was built without CUDA; build it with `cargo build --release --features cuda`"
        )))
    }
}

#[cfg(feature = "cuda")]
mod cuda {
    use anyhow::Context;
    use burn::tensor::{Device, DeviceType};
    use harness::DeviceChoice;

    use super::Chosen;
    use crate::failure::{Failure, ResultExt};

    /// The first GPU that the driver lists.
    // Not `Device::cuda`: that one panics at the first tensor when there is no driver. The list is empty then.
    pub(super) fn first() -> Option<Chosen> {
        let device = Device::enumerate(DeviceType::Cuda).into_iter().next()?;
        let name = device.identity().map_or_else(|| "unnamed".to_string(), |identity| identity.name);
        Some(Chosen { device, choice: DeviceChoice::Cuda, name: format!("cuda ({name})") })
    }

    pub(super) fn any() -> Result<Chosen, Failure> {
        first()
            .context("no NVIDIA driver or GPU was found for the device cuda; choose --device cpu")
            .usage_err()
    }
}

#[cfg(not(feature = "wgpu"))]
mod wgpu {
    use super::Chosen;
    use crate::failure::Failure;

    pub(super) fn hardware() -> Option<Chosen> {
        None
    }

    pub(super) fn any() -> Result<Chosen, Failure> {
        Err(Failure::Input(anyhow::anyhow!(
            "this program was built without WGPU; build it with `cargo build --release --features wgpu`"
        )))
    }
}

#[cfg(feature = "wgpu")]
mod wgpu {
    use anyhow::Context;
    use burn::tensor::{Device, DeviceKind};
    use harness::DeviceChoice;

    use super::Chosen;
    use crate::failure::{Failure, ResultExt};

    /// The first hardware adapter, the strongest kind first.
    pub(super) fn hardware() -> Option<Chosen> {
        [DeviceKind::DiscreteGpu(0), DeviceKind::IntegratedGpu(0), DeviceKind::VirtualGpu(0)]
            .into_iter()
            .find_map(|kind| init(kind).ok())
    }

    /// A hardware adapter, else a software one.
    pub(super) fn any() -> Result<Chosen, Failure> {
        hardware()
            .map_or_else(|| init(DeviceKind::Cpu), Ok)
            .or_else(|_| init(DeviceKind::DefaultDevice))
            .context("no adapter was found for the device wgpu; choose --device cpu")
            .usage_err()
    }

    // Not `Device::wgpu`: that one panics at the first tensor when there is no adapter.
    fn init(kind: DeviceKind) -> anyhow::Result<Chosen> {
        let device = Device::wgpu_options().device_kind(kind).init()?;
        let name = device.identity().map_or_else(|| "unnamed".to_string(), |identity| identity.name);
        Ok(Chosen { device, choice: DeviceChoice::Wgpu, name: format!("wgpu ({name})") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there() {
        let chosen = choose(DeviceChoice::Cpu).ok().unwrap();
        assert_eq!((chosen.choice, chosen.name.as_str()), (DeviceChoice::Cpu, "cpu"));
    }

    #[cfg(not(any(feature = "wgpu", feature = "cuda")))]
    #[test]
    fn without_a_gpu_built_in_auto_is_the_cpu() {
        assert_eq!(choose(DeviceChoice::Auto).ok().unwrap().choice, DeviceChoice::Cpu);
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn without_cuda_it_is_told_how_to_build() {
        let Some(Failure::Input(error)) = choose(DeviceChoice::Cuda).err() else {
            panic!("a device that was not built in is wrong input")
        };
        assert!(error.to_string().ends_with("`cargo build --release --features cuda`"));
    }

    #[cfg(not(feature = "wgpu"))]
    #[test]
    fn without_wgpu_it_is_told_how_to_build() {
        let Some(Failure::Input(error)) = choose(DeviceChoice::Wgpu).err() else {
            panic!("a device that was not built in is wrong input")
        };
        assert!(error.to_string().ends_with("`cargo build --release --features wgpu`"));
    }
}
