//! The bit-accurate reference: integers in, integers out, by the arithmetic of `docs/numerics.md`.
