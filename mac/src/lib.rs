//! SELinux contexts and levels, and the confinement of processes.
