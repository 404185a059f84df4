//! A connection to a cluster.

use std::ffi::CString;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use labelgate_rbd_sys::{Libraries, rados_t};
use libc::c_char;

use crate::call::{check, text, text_at};
use crate::credentials::OPTIONS;
use crate::{Completions, Credentials, Error, Image, Limits, OpenOptions, Pool};

/// The longest answer of a monitor that is taken, in bytes.
const MAX_ANSWER: usize = 16 << 20;

/// A connection to a cluster. Cloning it makes another handle of the same one; it ends when the last
/// handle, image and pool of it are gone.
#[derive(Debug, Clone)]
pub struct Cluster(Arc<Connection>);

/// What a monitor answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for.
    pub output: Vec<u8>,
    /// What it says besides.
    pub said: String,
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) libraries: &'static Libraries,
    pub(crate) rados: rados_t,
}

// SAFETY: librados may be called from any thread, by several at a time.
unsafe impl Send for Connection {}
// SAFETY: as above.
unsafe impl Sync for Connection {}

impl Cluster {
    /// Connects, and waits until the monitors have let it in. Starts the library's threads.
    ///
    /// It has the newest map of the cluster then: whoever was excluded before it began can change
    /// nothing that it has read, or reads.
    ///
    /// # Errors
    ///
    /// [`Error::Library`]; [`crate::Kind::Permission`] when the key is no longer good;
    /// [`crate::Kind::NotReady`] when the monitors do not answer within [`Limits::connect`].
    pub fn connect(credentials: &Credentials, limits: &Limits) -> Result<Self, Error> {
        let connection = Connection::new(&credentials.entity)?;
        for &(option, value) in OPTIONS {
            match connection.set(option, value) {
                // Another version may know it no longer, or not yet.
                Err(error) if error.kind() == crate::Kind::NotFound => {}
                set => set?,
            }
        }
        connection.set("mon_host", &credentials.monitors)?;
        connection.set("key", &credentials.key)?;
        connection.set("client_mount_timeout", &seconds(limits.connect))?;
        connection.set("rados_mon_op_timeout", &seconds(limits.command))?;
        let operation = limits.operation.map_or_else(|| "0".to_owned(), seconds);
        connection.set("rados_osd_op_timeout", &operation)?;
        connection.set("objecter_inflight_ops", &limits.in_flight.to_string())?;
        connection.set(
            "objecter_inflight_op_bytes",
            &limits.in_flight_bytes.to_string(),
        )?;
        // SAFETY: the handle is there and not connected.
        let connected = unsafe { (connection.libraries.rados.rados_connect)(connection.rados) };
        check("connecting to the cluster", connected)?;
        let cluster = Self(Arc::new(connection));
        // A key that may not know the map would wait for it for ever.
        cluster.command(r#"{"prefix": "osd stat"}"#)?;
        cluster.wait_for_latest_map()?;
        Ok(cluster)
    }

    /// The addresses that the cluster knows this client by, as it writes them: what has to be named
    /// to have it excluded.
    ///
    /// # Errors
    ///
    /// The library does not know them.
    pub fn instance(&self) -> Result<String, Error> {
        let mut addresses = ptr::null_mut();
        let rados = &self.0.libraries.rados;
        // SAFETY: it writes an address, of a text that is ours to free.
        let asked = unsafe { (rados.rados_getaddrs)(self.0.rados, &mut addresses) };
        check("asking for this client's addresses", asked)?;
        // SAFETY: it is that text.
        let text = unsafe { text_at(addresses) };
        // SAFETY: it is freed once.
        unsafe { (rados.rados_buffer_free)(addresses) };
        Ok(text)
    }

    /// The cluster's UUID.
    ///
    /// # Errors
    ///
    /// The library does not know it.
    pub fn uuid(&self) -> Result<String, Error> {
        let rados = &self.0.libraries.rados;
        crate::call::filled("asking for the cluster's UUID", |room, length| {
            // SAFETY: it writes no more than that many bytes there.
            unsafe { (rados.rados_cluster_fsid)(self.0.rados, room, length) }
        })
    }

    /// Waits for the newest map that the monitors have: from now on no object is read or written
    /// without each OSD knowing of whoever was excluded before.
    ///
    /// # Errors
    ///
    /// The monitors do not answer.
    pub fn wait_for_latest_map(&self) -> Result<(), Error> {
        let wait = self.0.libraries.rados.rados_wait_for_latest_osdmap;
        // SAFETY: the handle is connected.
        let waited = unsafe { wait(self.0.rados) };
        check("waiting for the cluster's map", waited).map(drop)
    }

    /// Has the monitors carry out a command: JSON with a `prefix`.
    ///
    /// # Errors
    ///
    /// What they answer, with their words.
    pub fn command(&self, json: &str) -> Result<Answer, Error> {
        self.0.command(None, json)
    }

    /// As [`Cluster::command`], by the monitor of this name, about itself.
    ///
    /// # Errors
    ///
    /// As [`Cluster::command`].
    pub fn command_to(&self, monitor: &str, json: &str) -> Result<Answer, Error> {
        self.0
            .command(Some(text("the monitor's name", monitor)?), json)
    }

    /// A pool, and a namespace in it (none if it is empty).
    ///
    /// # Errors
    ///
    /// [`crate::Kind::NotFound`] when there is no such pool. Whether there is such a namespace is not
    /// looked at.
    pub fn pool(&self, pool: &str, namespace: &str) -> Result<Pool, Error> {
        Pool::new(&self.0, pool, namespace)
    }

    /// As [`Cluster::pool`], of the pool with this number.
    ///
    /// # Errors
    ///
    /// As [`Cluster::pool`].
    pub fn pool_numbered(&self, pool: i64, namespace: &str) -> Result<Pool, Error> {
        self.pool(&self.0.pool_name(pool)?, namespace)
    }

    /// Opens an image, whose operations end in `completions`. Waits for the cluster.
    ///
    /// # Errors
    ///
    /// What the cluster answers, and [`crate::Kind::Unsupported`] when somebody has switched the
    /// cache on for this image or its pool.
    pub fn open(
        &self,
        pool: &str,
        namespace: &str,
        image: &str,
        options: OpenOptions,
        completions: &Completions,
    ) -> Result<Image, Error> {
        crate::open::open(self.pool(pool, namespace)?, image, options, completions)
    }
}

impl Connection {
    fn new(entity: &str) -> Result<Self, Error> {
        let libraries = Libraries::get()?;
        let entity = text("the entity", &format!("client.{entity}"))?;
        let mut rados = ptr::null_mut();
        let create = libraries.rados.rados_create2;
        // SAFETY: both texts are there, and it writes an address.
        let created = unsafe { create(&mut rados, c"ceph".as_ptr(), entity.as_ptr(), 0) };
        check("making a connection", created)?;
        Ok(Self { libraries, rados })
    }

    fn set(&self, option: &'static str, value: &str) -> Result<(), Error> {
        let (name, value) = (text(option, option)?, text(option, value)?);
        let set = self.libraries.rados.rados_conf_set;
        // SAFETY: both texts are there, and are copied.
        let set = unsafe { set(self.rados, name.as_ptr(), value.as_ptr()) };
        check("setting an option of the connection", set)
            .map_err(|error| error.with(option))
            .map(drop)
    }

    fn command(&self, monitor: Option<CString>, json: &str) -> Result<Answer, Error> {
        let json = CString::new(json).map_err(|_| Error::Text("the command"))?;
        let mut commands = [json.as_ptr()];
        let (mut output, mut output_length) = (ptr::null_mut(), 0);
        let (mut said, mut said_length) = (ptr::null_mut(), 0);
        let rados = &self.libraries.rados;
        let done = match &monitor {
            // SAFETY: there is one command and no input; four results are written.
            None => unsafe {
                (rados.rados_mon_command)(
                    self.rados,
                    commands.as_mut_ptr(),
                    1,
                    ptr::null(),
                    0,
                    &mut output,
                    &mut output_length,
                    &mut said,
                    &mut said_length,
                )
            },
            // SAFETY: as above, and the monitor's name is there.
            Some(monitor) => unsafe {
                (rados.rados_mon_command_target)(
                    self.rados,
                    monitor.as_ptr(),
                    commands.as_mut_ptr(),
                    1,
                    ptr::null(),
                    0,
                    &mut output,
                    &mut output_length,
                    &mut said,
                    &mut said_length,
                )
            },
        };
        // SAFETY: these are what the call has written.
        let output = unsafe { self.taken(output, output_length) };
        // SAFETY: as above.
        let said = unsafe { self.taken(said, said_length) };
        let said = said.unwrap_or_default();
        let said = String::from_utf8_lossy(&said).into_owned();
        check("a command to the monitors", done).map_err(|error| error.with(&said))?;
        let output = output.ok_or(Error::Text("the monitors' answer"))?;
        Ok(Answer { output, said })
    }

    /// Copies a buffer of librados's and frees it; nothing if it is longer than is taken.
    ///
    /// # Safety
    ///
    /// The address is null, or that of so many bytes which librados has returned and nobody has freed.
    unsafe fn taken(&self, buffer: *mut c_char, length: usize) -> Option<Vec<u8>> {
        if buffer.is_null() {
            return Some(Vec::new());
        }
        let bytes = (length <= MAX_ANSWER).then(|| {
            // SAFETY: there are so many bytes.
            unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), length) }.to_vec()
        });
        // SAFETY: it is freed once.
        unsafe { (self.libraries.rados.rados_buffer_free)(buffer) };
        bytes
    }

    /// The name of the pool with this number.
    pub(crate) fn pool_name(&self, pool: i64) -> Result<String, Error> {
        let look_up = self.libraries.rados.rados_pool_reverse_lookup;
        crate::call::filled("asking for a pool's name", |room, length| {
            // SAFETY: it writes no more than that many bytes there.
            unsafe { look_up(self.rados, pool, room, length) }
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: whatever uses the handle has a share in this value, so nothing does any more.
        unsafe { (self.libraries.rados.rados_shutdown)(self.rados) };
    }
}

/// As Ceph takes times: whole seconds, at least one.
fn seconds(time: Duration) -> String {
    time.as_secs().max(1).to_string()
}
