//! Head files, inputs and labels, from files that may be wrong in every way.
