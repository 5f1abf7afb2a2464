//! The same without zen.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{ObjectStoreExt, WriteMultipart};
use tokio::runtime::Runtime;
use zen_tests::stores::Weed;

/// Something that keeps one object.
pub(crate) trait Floor {
    fn name(&self) -> &'static str;
    fn put(&self, content: &Bytes);
    fn get(&self) -> usize;
    fn delete(&self);
}

/// A copy by the system: what it writes it reads from a file.
pub(crate) struct Files {
    path: PathBuf,
}

impl Files {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            path: folder.join("floor"),
        }
    }
}

impl Floor for Files {
    fn name(&self) -> &'static str {
        "fs::write"
    }

    fn put(&self, content: &Bytes) {
        fs::write(&self.path, content).expect("room on the disk");
    }

    fn get(&self) -> usize {
        fs::read(&self.path).expect("the file").len()
    }

    fn delete(&self) {
        fs::remove_file(&self.path).expect("the file");
    }
}

/// `object_store` as its documentation uses it: a multipart upload, and a stream of one request.
pub(crate) struct Bare {
    objects: AmazonS3,
    key: Key,
    runtime: Runtime,
}

impl Bare {
    pub(crate) fn new(weed: &Weed, bucket: &str) -> Self {
        let mut builder = AmazonS3Builder::new().with_bucket_name(bucket);
        for (name, value) in weed.options() {
            let name = name.to_ascii_lowercase().parse().expect("an option of S3");
            builder = builder.with_config(name, value);
        }
        Self {
            objects: builder.build().expect("a client"),
            key: Key::from("floor"),
            runtime: Runtime::new().expect("a runtime"),
        }
    }
}

impl Floor for Bare {
    fn name(&self) -> &'static str {
        "multipart"
    }

    fn put(&self, content: &Bytes) {
        self.runtime.block_on(async {
            let upload = self.objects.put_multipart(&self.key).await.expect("an upload");
            let mut upload = WriteMultipart::new_with_chunk_size(upload, 8 << 20);
            for at in (0..content.len()).step_by(8 << 20) {
                upload.wait_for_capacity(4).await.expect("a part");
                upload.put(content.slice(at..content.len().min(at + (8 << 20))));
            }
            upload.finish().await.expect("a whole");
        });
    }

    fn get(&self) -> usize {
        self.runtime.block_on(async {
            let whole = self.objects.get(&self.key).await.expect("an answer");
            whole.bytes().await.expect("a body").len()
        })
    }

    fn delete(&self) {
        self.runtime
            .block_on(self.objects.delete(&self.key))
            .expect("a removal");
    }
}
