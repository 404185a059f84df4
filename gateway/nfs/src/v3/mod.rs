//! NFS version 3 (RFC 1813): the arguments and results of its procedures.
