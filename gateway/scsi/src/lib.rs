//! A SCSI block device server (SPC, SBC), sans-I/O.
