//! ndarray's arrays with a leading axis that counts the slots.

pub use ndarray;
use ndarray::{Array, Array1, ArrayBase, ArrayView, Axis, Data, Dimension, RemoveAxis};

use crate::protocol::StateError;

/// The inputs of all slots, one after the other along a new first axis.
///
/// # Errors
///
/// [`StateError::Shapes`] if they have different shapes, or there are none.
pub fn stack<T: Clone, D>(slots: &[&Array<T, D>]) -> Result<Array<T, D::Larger>, StateError>
where
    D: Dimension,
    D::Larger: RemoveAxis,
{
    let views: Vec<ArrayView<'_, T, D>> = slots.iter().map(|slot| slot.view()).collect();
    ndarray::stack(Axis(0), &views).map_err(|_| StateError::Shapes)
}

/// The inputs of all slots, where each is one number.
///
/// # Errors
///
/// Never; the signature is that of [`stack`].
pub fn stack_numbers<T: Clone>(slots: &[&T]) -> Result<Array1<T>, StateError> {
    Ok(slots.iter().map(|&slot| slot.clone()).collect())
}

/// The answers of all slots, taken apart along the first axis.
pub trait Unstack {
    /// One answer.
    type Slot;

    /// The answers, in slot order.
    fn unstack(self) -> Vec<Self::Slot>;
}

macro_rules! unstack {
    ($($many:ident => $one:ident),*) => {$(
        impl<S: Data<Elem: Clone>> Unstack for ArrayBase<S, ndarray::$many> {
            type Slot = Array<S::Elem, ndarray::$one>;

            fn unstack(self) -> Vec<Self::Slot> {
                self.outer_iter().map(|slot| slot.to_owned()).collect()
            }
        }
    )*};
}

unstack!(Ix2 => Ix1, Ix3 => Ix2, Ix4 => Ix3, Ix5 => Ix4, Ix6 => Ix5);

impl<S: Data<Elem: Clone>> Unstack for ArrayBase<S, ndarray::Ix1> {
    type Slot = S::Elem;

    fn unstack(self) -> Vec<S::Elem> {
        self.to_vec()
    }
}
