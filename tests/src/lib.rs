//! The simulation of the whole system, and what its tests share.

pub mod campaigns;
pub mod fuzz;
pub mod in_process;
pub mod load;
pub mod meter;
pub mod simulation;
