//! Compiles one body for several instruction sets.

/// Defines `$name`, which runs the body `$body` compiled for the best instruction set the processor has.
///
/// `$body` must be `#[inline(always)]`: only then is it compiled anew inside each version. For the same bits in all of them
/// it must write each multiply-add as `mul_add`, and its sums in the order they are to have.
#[macro_export]
macro_rules! multiversion {
    ($(#[$doc:meta])* $visibility:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $body:ident) => {
        $(#[$doc])*
        $visibility fn $name($($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx2,fma")]
                fn avx512($($arg: $ty),*) $(-> $ret)? {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    $body($($arg),*)
                }
                let avx2_fma = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
                if avx2_fma && std::is_x86_feature_detected!("avx512f") {
                    // SAFETY: the processor has the features that the version was compiled for.
                    return unsafe { avx512($($arg),*) };
                }
                if avx2_fma {
                    // SAFETY: as above.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}

pub(crate) use multiversion;
