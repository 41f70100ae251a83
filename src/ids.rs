//! Index types, so that a lane is never passed where a bank is meant, and how many bits number things.

/// Declares a transparent index newtype over `u32`.
macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The index of the `i`-th one.
            ///
            /// # Panics
            /// If `i` does not fit 32 bits: a bug, since every size is checked where it is read.
            pub fn new(i: usize) -> Self {
                Self(u32::try_from(i).expect("index fits 32 bits"))
            }

            /// As a position in a slice.
            pub fn at(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

index_type! {
    /// A neuron of one layer, in the user's order.
    Neuron
}
index_type! {
    /// A junction of the trunk, counted from the input.
    Junction
}
index_type! {
    /// One of a junction's multiply units.
    Lane
}
index_type! {
    /// A clock cycle of a frame, counted from the junction's first.
    Cycle
}
index_type! {
    /// One of the memories that hold a junction's left activations.
    Bank
}
index_type! {
    /// A word of a bank.
    Address
}

/// Bits that number `n` things; none for one.
pub fn bits_for(n: usize) -> usize {
    (usize::BITS - n.saturating_sub(1).leading_zeros()) as usize
}
