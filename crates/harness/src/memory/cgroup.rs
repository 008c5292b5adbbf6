//! The memory limits of Linux control groups, version 1 and 2.

use std::fs;
use std::path::{Path, PathBuf};

/// Limits above this are none: version 1 writes its largest number where there is no limit.
const NO_LIMIT: u64 = 1 << 60;

/// The files of a version, and what they are called there.
struct Files {
    limit: &'static str,
    taken: &'static str,
    /// Keys of `memory.stat`: pages of files, which are dropped when memory is short.
    droppable: [&'static str; 2],
    swap: Option<[&'static str; 2]>,
}

const VERSION_1: Files = Files {
    limit: "memory.limit_in_bytes",
    taken: "memory.usage_in_bytes",
    droppable: ["total_inactive_file", "total_active_file"],
    swap: None,
};
const VERSION_2: Files = Files {
    limit: "memory.max",
    taken: "memory.current",
    droppable: ["inactive_file", "active_file"],
    swap: Some(["memory.swap.max", "memory.swap.current"]),
};

/// The least that a control group of this process, or one that contains it, may still take; `None` without any limit. `root` is
/// the folder that the file system begins at, `free_swap` the machine's.
pub(super) fn headroom(root: &Path, free_swap: u64) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).ok()?;
    let of_version = |files: &Files, group: Option<&str>, mount: Option<Mount<'_>>| {
        let (group, mount) = (group?, mount?);
        let top = root.join(mount.point.trim_start_matches('/'));
        mount.folders(&top, group).filter_map(|folder| files.headroom(&folder, free_swap)).min()
    };
    let first = of_version(&VERSION_1, group_of_memory(&groups), Mount::find(&mounts, Mount::is_version_1));
    let second = of_version(&VERSION_2, unified_group(&groups), Mount::find(&mounts, Mount::is_version_2));
    first.into_iter().chain(second).min()
}

impl Files {
    fn headroom(&self, folder: &Path, free_swap: u64) -> Option<u64> {
        let number = |name: &str| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
        let limit = number(self.limit).filter(|limit| *limit < NO_LIMIT)?;
        let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let of_stat = |key: &str| {
            let mut words = stat.lines().map(str::split_whitespace);
            words.find_map(|mut line| (line.next()? == key).then(|| line.next()?.parse::<u64>().ok())?)
        };
        let droppable: u64 = self.droppable.iter().filter_map(|key| of_stat(key)).sum();
        let held = number(self.taken)?.saturating_sub(droppable);
        // A limit on swap that cannot be read is none.
        let swap_left =
            self.swap.and_then(|[limit, taken]| Some(number(limit)?.saturating_sub(number(taken)?)));
        Some(limit.saturating_sub(held) + swap_left.map_or(free_swap, |left| left.min(free_swap)))
    }
}

/// Where a tree of control groups is seen.
struct Mount<'a> {
    /// The group that is seen at its top.
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn find(mounts: &'a str, is_it: fn(&Self) -> bool) -> Option<Self> {
        mounts.lines().filter_map(Self::parse).find(is_it)
    }

    /// A line of `mountinfo`: id, parent, device, root, mount point, options, tags up to a hyphen, type, source, options.
    fn parse(line: &'a str) -> Option<Self> {
        let (front, back) = line.split_once(" - ")?;
        let mut front = front.split(' ').skip(3);
        let (root, point) = (front.next()?, front.next()?);
        let mut back = back.split(' ');
        Some(Self { root, point, kind: back.next()?, options: back.nth(1).unwrap_or("") })
    }

    fn is_version_1(&self) -> bool {
        self.kind == "cgroup" && self.options.split(',').any(|option| option == "memory")
    }

    fn is_version_2(&self) -> bool {
        self.kind == "cgroup2"
    }

    /// The folders of a group and of those that contain it, up to the top of the mount.
    fn folders(&self, top: &Path, group: &str) -> impl Iterator<Item = PathBuf> {
        // In a container the names may be those outside of it: then the top is the group.
        let below = group.strip_prefix(self.root.trim_end_matches('/')).unwrap_or("").trim_matches('/');
        let inside =
            Path::new(below).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        let lowest = if inside { top.join(below) } else { top.to_path_buf() };
        let depth = lowest.components().count() - top.components().count();
        let folders: Vec<PathBuf> = lowest.ancestors().take(depth + 1).map(Path::to_path_buf).collect();
        folders.into_iter()
    }
}

/// The group of version 1 that counts memory: a line such as `4:memory:/a/b`.
fn group_of_memory(groups: &str) -> Option<&str> {
    groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, group) = rest.split_once(':')?;
        controllers.split(',').any(|name| name == "memory").then_some(group)
    })
}

/// The group of version 2: the line `0::/a/b`.
fn unified_group(groups: &str) -> Option<&str> {
    groups.lines().find_map(|line| line.strip_prefix("0::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new(files: &[(&str, &str)]) -> Self {
            let root = tempfile::tempdir().unwrap();
            for (name, text) in files {
                let path = root.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(root)
        }

        fn headroom(&self) -> Option<u64> {
            headroom(self.0.path(), 7)
        }
    }

    const UNIFIED: &str = "25 1 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const LEGACY: &str = "30 1 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                          31 1 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

    #[test]
    fn version_2_takes_the_least_of_the_hierarchy_and_counts_files_as_droppable() {
        let machine = Machine::new(&[
            ("proc/self/cgroup", "0::/user/job\n"),
            ("proc/self/mountinfo", UNIFIED),
            ("sys/fs/cgroup/user/memory.max", "1000\n"),
            ("sys/fs/cgroup/user/memory.current", "700\n"),
            ("sys/fs/cgroup/user/memory.stat", "anon 400\ninactive_file 100\nactive_file 50\n"),
            ("sys/fs/cgroup/user/memory.swap.max", "0\n"),
            ("sys/fs/cgroup/user/memory.swap.current", "0\n"),
            ("sys/fs/cgroup/user/job/memory.max", "max\n"),
            ("sys/fs/cgroup/user/job/memory.current", "600\n"),
        ]);
        assert_eq!(machine.headroom(), Some(450));
        fs::write(machine.0.path().join("sys/fs/cgroup/user/job/memory.max"), "900").unwrap();
        assert_eq!(machine.headroom(), Some(307), "free swap is available where no limit is on it");
    }

    #[test]
    fn version_1_has_files_of_other_names() {
        let files = [
            ("proc/self/cgroup", "5:cpu:/\n4:memory:/job\n0::/\n"),
            ("proc/self/mountinfo", LEGACY),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "5000\n"),
            ("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2000\n"),
            ("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "1500\n"),
            ("sys/fs/cgroup/memory/job/memory.stat", "inactive_file 9\ntotal_inactive_file 300\n"),
        ];
        assert_eq!(Machine::new(&files).headroom(), Some(807));
        assert_eq!(Machine::new(&files[..4]).headroom(), None, "no limit");
    }

    #[test]
    fn in_a_container_the_group_is_the_top_of_the_mount() {
        let machine = Machine::new(&[
            ("proc/self/cgroup", "0::/../outside\n"),
            ("proc/self/mountinfo", &UNIFIED.replace(" / /sys", " /docker/7 /sys")),
            ("sys/fs/cgroup/memory.max", "50\n"),
            ("sys/fs/cgroup/memory.current", "20\n"),
        ]);
        assert_eq!(machine.headroom(), Some(37));
    }

    #[test]
    fn without_control_groups_there_is_no_limit() {
        assert_eq!(Machine::new(&[]).headroom(), None);
    }
}
