//! labelgate-worker: one label's protocol engines and the drivers that move their bytes.
