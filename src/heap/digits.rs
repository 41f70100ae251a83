//! Signed digits of a constant.

/// The canonical signed digits of `value`: columns and signs, no two of them neighbours, the
/// fewest that there are (Reitwiesner, 1960).
pub fn signed_digits(value: i64) -> Vec<(u32, bool)> {
    let mut digits = Vec::new();
    let mut rest = value;
    let mut column = 0;
    while rest != 0 {
        if rest & 1 == 1 {
            let negative = rest & 3 == 3;
            digits.push((column, negative));
            rest += if negative { 1 } else { -1 };
        }
        rest >>= 1;
        column += 1;
    }
    digits
}
