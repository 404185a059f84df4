//! Images made by hand, right or wrong in exactly one thing.

use std::fs::File;

use labelgate_importer::qcow2::MAGIC;
use labelgate_importer::{Fault, Limits, Target, write_qcow2};

/// What a header says, before it is laid out.
#[derive(Debug, Clone)]
pub struct Forge {
    pub version: u32,
    pub backing_offset: u64,
    pub cluster_bits: u32,
    pub size: u64,
    pub encryption: u32,
    pub l1: Vec<u64>,
    pub l1_entries: u32,
    pub l1_offset: u64,
    pub incompatible: u64,
    pub header_length: u32,
    pub compression: u8,
    /// What lies where, behind the header and the L1 table.
    pub at: Vec<(u64, Vec<u8>)>,
    pub length: Option<usize>,
}

/// The size of a cluster of [`Forge::new`], in bytes.
pub const CLUSTER: u64 = 512;
/// Where [`Forge::new`] puts its L1 table, its L2 table and its data.
pub const L1: u64 = CLUSTER;
pub const L2: u64 = 2 * CLUSTER;
pub const DATA: u64 = 3 * CLUSTER;

impl Forge {
    /// A disk of `clusters` clusters of 512 bytes, at most 64, all of which are described by one
    /// L2 table with these entries.
    pub fn new(clusters: u64, l2: &[u64]) -> Self {
        Self {
            version: 3,
            backing_offset: 0,
            cluster_bits: 9,
            size: clusters * CLUSTER,
            encryption: 0,
            l1: vec![L2 | 1 << 63],
            l1_entries: 1,
            l1_offset: L1,
            incompatible: 0,
            header_length: 112,
            compression: 0,
            at: vec![(L2, numbers(l2)), (DATA, vec![0xaa; CLUSTER as usize])],
            length: None,
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        header.extend(self.version.to_be_bytes());
        header.extend(self.backing_offset.to_be_bytes());
        header.extend(0_u32.to_be_bytes());
        header.extend(self.cluster_bits.to_be_bytes());
        header.extend(self.size.to_be_bytes());
        header.extend(self.encryption.to_be_bytes());
        header.extend(self.l1_entries.to_be_bytes());
        header.extend(self.l1_offset.to_be_bytes());
        header.extend([0; 24]);
        if self.version >= 3 {
            header.extend(self.incompatible.to_be_bytes());
            header.extend([0; 16]);
            header.extend(4_u32.to_be_bytes());
            header.extend(self.header_length.to_be_bytes());
            header.push(self.compression);
        }
        let mut file = vec![0; (DATA + CLUSTER) as usize];
        let mut put = |at: usize, bytes: &[u8]| {
            file.resize(file.len().max(at + bytes.len()), 0);
            file[at..at + bytes.len()].copy_from_slice(bytes);
        };
        put(0, &header);
        put(L1 as usize, &numbers(&self.l1));
        for (at, bytes) in &self.at {
            put(*at as usize, bytes);
        }
        if let Some(length) = self.length {
            file.resize(length, 0);
        }
        file
    }

    /// The disk, or why there is none.
    pub fn read(&self) -> Result<Vec<u8>, Fault> {
        read(&self.bytes(), 1 << 30, 1 << 30)
    }

    /// Why there is no disk.
    pub fn refusal(&self) -> String {
        self.read().unwrap_err().to_string()
    }
}

/// Numbers as a table has them.
pub fn numbers(numbers: &[u64]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect()
}

/// Imports an image within these limits, in bytes, and gives the disk.
pub fn read(image: &[u8], size: u64, data: u64) -> Result<Vec<u8>, Fault> {
    let file = tempfile::tempfile().unwrap();
    import(image, size, data, &file)?;
    Ok(content(&file))
}

/// Imports an image into a file and gives how many bytes were written.
pub fn import(image: &[u8], size: u64, data: u64, file: &File) -> Result<u64, Fault> {
    let limits = Limits {
        size,
        data,
        block_size: 512,
    };
    let mut target = Target::new(file.try_clone().unwrap(), limits);
    let size = write_qcow2(image, &mut target, &mut ())?;
    target.finish(size, 0)?;
    Ok(target.written())
}

fn content(file: &File) -> Vec<u8> {
    use std::os::unix::fs::FileExt;
    let mut content = vec![0; file.metadata().unwrap().len() as usize];
    file.read_exact_at(&mut content, 0).unwrap();
    content
}
