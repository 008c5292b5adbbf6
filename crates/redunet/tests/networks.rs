//! What networks must do whatever the samples.

use std::f64::consts::TAU;

use approx::assert_relative_eq;
use ndarray::{Array2, Array3, Array4, Axis, concatenate, s};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use redunet::{
    Constructed, FourierReduNet, GaussianMixture, GroupReduNet, GroupReduNetConfig, LabelledSamples,
    NamedMatrices, RandomLift, ReduNet, ReduNetConfig, SampleGroups,
};

fn demonstration(num_layers: usize) -> ReduNetConfig {
    ReduNetConfig { lambda: 200.0, ..ReduNetConfig::new(num_layers) }
}

fn draw(mixture: &GaussianMixture) -> LabelledSamples {
    mixture.draw(&mut ChaCha8Rng::seed_from_u64(0))
}

fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a few threads").install(run)
}

/// The angles, in degrees, between the means of all pairs of classes.
fn angles_of_means(z: &Array2<f64>, labels: &[usize], num_classes: usize) -> Vec<f64> {
    let mean = |class| {
        let rows = z.rows().into_iter().zip(labels).filter(|(_, label)| **label == class);
        let sum = rows.fold(ndarray::Array1::zeros(z.ncols()), |sum, (row, _)| sum + row);
        let length = f64::sqrt(sum.dot(&sum));
        sum / length
    };
    let means: Vec<ndarray::Array1<f64>> = (0..num_classes).map(mean).collect();
    let pairs = (0..num_classes).flat_map(|a| (a + 1..num_classes).map(move |b| (a, b)));
    pairs.map(|(a, b)| means[a].dot(&means[b]).acos().to_degrees()).collect()
}

#[test]
fn classes_become_orthogonal_where_there_are_as_many_dimensions() {
    let mixtures = GaussianMixture::PLANE_ANGLES[..5].iter().map(|angles| GaussianMixture::plane(angles));
    for mixture in mixtures.chain([GaussianMixture::axes(), GaussianMixture::cone()]) {
        let LabelledSamples { samples, labels } = draw(&mixture);
        let constructed =
            demonstration(600).construct(samples.view(), &labels, mixture.num_classes()).unwrap();
        for angle in angles_of_means(&constructed.output, &labels, mixture.num_classes()) {
            assert!((angle - 90.0).abs() < 1.0, "{mixture:?}: {angle}");
        }
        // And narrow: every sample is within 1° of the line of its class's first one.
        for (row, &label) in constructed.output.rows().into_iter().zip(&labels) {
            let first = constructed.output.row(label * mixture.samples_per_class);
            assert!(row.dot(&first) > 1f64.to_radians().cos());
        }
        // 200 layers, as the authors have, come that near only if the centers are orthogonal.
        let shallow = demonstration(200).construct(samples.view(), &labels, mixture.num_classes()).unwrap();
        for angle in angles_of_means(&shallow.output, &labels, mixture.num_classes()) {
            assert!((angle - 90.0).abs() < 10.0, "{mixture:?}: {angle}");
        }
    }
}

#[test]
fn layers_increase_the_rate_reduction_also_of_more_classes_than_dimensions() {
    for angles in GaussianMixture::PLANE_ANGLES {
        let mixture = GaussianMixture::plane(angles);
        let LabelledSamples { samples, labels } = draw(&mixture);
        let network = demonstration(200).construct(samples.view(), &labels, angles.len()).unwrap().network;
        let [first, last] = [0, 200].map(|layer| network.rates()[layer].reduction());
        assert!(last > first + 0.05, "{angles:?}: {first} and {last}");
    }
}

#[test]
fn samples_of_the_construction_go_the_same_way_in_any_order_on_any_number_of_threads() {
    let LabelledSamples { samples, labels } = draw(&GaussianMixture::cone());
    let construct = || demonstration(20).construct(samples.view(), &labels, 3).unwrap();
    let Constructed { network, output } = on_threads(1, construct);
    let on_three = on_threads(3, construct);
    assert_eq!((&on_three.network, &on_three.output), (&network, &output));
    let reversed = network.transform(samples.slice(s![..;-1, ..])).unwrap();
    assert_relative_eq!(reversed.slice(s![..;-1, ..]), output, epsilon = 1e-13);
}

/// Noise of two frequencies, one for each class.
fn waves(num_samples: usize, height: usize, width: usize) -> (Array3<f64>, Vec<usize>) {
    let labels: Vec<usize> = (0..num_samples).map(|sample| sample % 2).collect();
    let images = Array3::from_shape_fn((num_samples, height, width), |(sample, h, w)| {
        let periods = 1.0 + labels[sample] as f64;
        let noise = ((sample * 131 + h * 31 + w * 17) as f64 * 12.9898).sin();
        (TAU * periods * w as f64 / width as f64 + sample as f64).cos() + 0.3 * noise
    });
    (images, labels)
}

/// The images, each shifted by as many rows and columns.
fn shifted(images: &Array4<f64>, rows: usize, columns: usize) -> Array4<f64> {
    let (_, _, height, width) = images.dim();
    Array4::from_shape_fn(images.dim(), |(sample, channel, h, w)| {
        images[[sample, channel, (h + rows) % height, (w + columns) % width]]
    })
}

#[test]
fn a_shifted_image_has_a_shifted_output() {
    let (images, labels) = waves(12, 4, 5);
    let lift = RandomLift::init_2d(6, 3, &mut ChaCha8Rng::seed_from_u64(2)).unwrap();
    let lifted = lift.apply_2d(images.view());
    let config = ReduNetConfig { lambda: 5.0, ..ReduNetConfig::new(4) };
    let Constructed { network, output } = config.construct_2d(lifted.view(), &labels, 2).unwrap();
    assert!((&output - &lifted).iter().any(|difference| difference.abs() > 0.1));
    let of_shifted = network.transform_2d(shifted(&lifted, 1, 3).view()).unwrap();
    assert_relative_eq!(of_shifted, shifted(&output, 1, 3), epsilon = 1e-12);
}

#[test]
fn an_image_of_one_pixel_is_a_vector() {
    let LabelledSamples { samples, labels } = draw(&GaussianMixture::cone());
    let images = samples.clone().insert_axis(Axis(2)).insert_axis(Axis(3));
    let config = demonstration(5);
    let vectors = config.construct(samples.view(), &labels, 3).unwrap();
    let constructed = config.construct_2d(images.view(), &labels, 3).unwrap();
    let output = constructed.output.remove_axis(Axis(3)).remove_axis(Axis(2));
    assert_relative_eq!(output, vectors.output, epsilon = 1e-12);
    assert_relative_eq!(
        constructed.network.rates()[5].reduction(),
        vectors.network.rates()[5].reduction(),
        epsilon = 1e-12
    );
}

#[test]
fn a_frequency_network_has_the_same_bits_on_any_number_of_threads() {
    let (images, labels) = waves(40, 1, 90);
    let signals =
        RandomLift::init_2d(4, 2, &mut ChaCha8Rng::seed_from_u64(2)).unwrap().apply_2d(images.view());
    let construct = || demonstration(3).construct_2d(signals.view(), &labels, 2).unwrap();
    let (one, three) = (on_threads(1, construct), on_threads(3, construct));
    assert_eq!((one.network, one.output), (three.network, three.output));
}

/// The closed neighborhoods of a ring, with weights.
fn ring(num_samples: usize, offset: usize) -> impl Iterator<Item = Vec<(usize, f64)>> {
    (0..num_samples).map(move |sample| {
        [(0, 1.0), (1, 0.5), (num_samples - 1, 2.0)]
            .map(|(step, weight)| (offset + (sample + step) % num_samples, weight))
            .to_vec()
    })
}

#[test]
fn classes_as_groups_give_the_network_of_labels_with_sure_memberships() {
    let LabelledSamples { samples, labels } = draw(&GaussianMixture::plane(&[0.0, 90.0]));
    let config = ReduNetConfig { lambda: 1e4, ..ReduNetConfig::new(8) };
    let by_labels = config.construct(samples.view(), &labels, 2).unwrap();
    let classes = [0, 1].map(|class| (0..100).map(move |member| (class * 100 + member, 1.0)));
    let groups = SampleGroups::from_lists(200, classes).unwrap();
    let by_groups = GroupReduNetConfig::new(8).construct(samples.view(), &groups).unwrap();
    assert_relative_eq!(by_groups.output, by_labels.output, epsilon = 1e-12);
    assert_relative_eq!(
        by_groups.network.rates()[8].reduction(),
        by_labels.network.rates()[8].reduction(),
        epsilon = 1e-12
    );
}

#[test]
fn two_copies_of_the_graph_go_each_the_way_of_the_graph() {
    let LabelledSamples { samples, .. } = draw(&GaussianMixture::cone());
    let groups = SampleGroups::from_lists(300, ring(300, 0)).unwrap();
    let config = GroupReduNetConfig { eta: 5.0, ..GroupReduNetConfig::new(10) };
    let construct = || config.construct(samples.view(), &groups).unwrap();
    let Constructed { network, output } = on_threads(1, construct);
    let on_three = on_threads(3, construct);
    assert_eq!((&on_three.network, &on_three.output), (&network, &output));
    assert!(network.rates()[10].reduction() > network.rates()[0].reduction() + 0.1);
    assert_relative_eq!(network.transform(samples.view(), &groups).unwrap(), output, epsilon = 1e-13);
    let twice = concatenate![Axis(0), samples, samples];
    let groups = SampleGroups::from_lists(600, ring(300, 0).chain(ring(300, 300))).unwrap();
    let of_twice = network.transform(twice.view(), &groups).unwrap();
    assert_relative_eq!(of_twice, concatenate![Axis(0), output, output], epsilon = 1e-12);
}

#[test]
fn stored_networks_are_read_back() {
    // Few samples of many columns: matrices in Woodbury form.
    let samples = Array2::from_shape_fn((6, 40), |(i, j)| ((i * 40 + j) as f64 * 0.7).sin());
    let (labels, config) = ([0, 1, 0, 1, 0, 1], demonstration(3));
    let network = config.construct(samples.view(), &labels, 2).unwrap().network;
    assert!(network.to_matrices().get("layer.2.class.1.factor").is_some());
    assert_eq!(ReduNet::from_matrices(config, &network.to_matrices()).unwrap(), network);

    let (images, labels) = waves(12, 3, 4);
    let images = images.insert_axis(Axis(1));
    let network = config.construct_2d(images.view(), &labels, 2).unwrap().network;
    assert_eq!(FourierReduNet::from_matrices(config, &network.to_matrices()).unwrap(), network);

    let (config, groups) = (GroupReduNetConfig::new(3), SampleGroups::from_lists(6, ring(6, 0)).unwrap());
    let network = config.construct(samples.view(), &groups).unwrap().network;
    assert_eq!(GroupReduNet::from_matrices(config, &network.to_matrices()).unwrap(), network);
}

#[test]
fn stored_matrices_that_are_no_network_are_named() {
    let samples = Array2::from_shape_fn((6, 3), |(i, j)| ((i * 3 + j) as f64 * 0.7).sin());
    let config = demonstration(2);
    let stored = config.construct(samples.view(), &[0, 1, 0, 1, 0, 1], 2).unwrap().network.to_matrices();
    let without = |name: &str| stored.clone().into_iter().filter(|(other, _)| other != name).collect();
    let with = |name: &str, matrix: Array2<f64>| {
        let mut matrices: NamedMatrices = stored.clone();
        matrices.insert(name, matrix);
        matrices
    };
    let message =
        |matrices: NamedMatrices| ReduNet::from_matrices(config, &matrices).unwrap_err().to_string();
    assert_eq!(message(without("layer.1.class.0")), "expected the matrix layer.1.class.0, found none");
    assert_eq!(
        message(with("layer.0.expansion", Array2::zeros((3, 2)))),
        "expected the matrix layer.0.expansion of shape [3, 3], found [3, 2]"
    );
    assert_eq!(
        message(with("layer.0.expansion", Array2::from_elem((3, 3), f64::NAN))),
        "the matrix layer.0.expansion: expected finite numbers, found NaN"
    );
    assert_eq!(
        message(with("class_weights", Array2::zeros((1, 2)))),
        "the matrix class_weights: expected positive numbers, found 0"
    );
    let unrated = ReduNet::from_matrices(config, &without("rates")).unwrap();
    assert!(unrated.rates().is_empty());
    let missing = GroupReduNet::from_matrices(GroupReduNetConfig::new(2), &stored).unwrap_err();
    assert_eq!(missing.to_string(), "expected the matrix num_samples, found none");
}

#[test]
fn samples_and_groups_that_do_not_fit_the_network_are_errors() {
    let samples = Array2::from_shape_fn((6, 3), |(i, j)| ((i * 3 + j) as f64 * 0.7).sin());
    let network = demonstration(2).construct(samples.view(), &[0, 1, 0, 1, 0, 1], 2).unwrap().network;
    let error = network.transform(samples.slice(s![.., ..2])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "samples: expected the shape [3] of each as in the construction, found [2]"
    );
    let groups = SampleGroups::from_lists(5, ring(5, 0)).unwrap();
    let error = GroupReduNetConfig::new(2).construct(samples.view(), &groups).unwrap_err();
    assert_eq!(error.to_string(), "groups: expected groups of 6 samples, found groups of 5");
}
