//! The codecs of files and folders.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::input::CopyError;
use super::{FileArtifact, FilesError, FolderArtifact};
use crate::artifact::{Codec, CodecError, CodecInfo, Description, Digest, Materialize, ObjectFile};

const MEDIA_TYPE: &str = "application/x-tar";

struct FileTar;

struct FolderTar;

impl From<CopyError> for CodecError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Sink(error) => Self::Io(error),
            CopyError::Input(error) => Self::Io(io::Error::other(error)),
        }
    }
}

fn malformed(error: FilesError) -> CodecError {
    CodecError::Malformed(error.to_string())
}

fn in_memory(bytes: &[u8]) -> ObjectFile {
    ObjectFile::in_memory(Digest::of(bytes), Bytes::copy_from_slice(bytes))
}

macro_rules! codec {
    ($codec:ident, $type:ident, $name:literal, $shape:expr) => {
        impl Codec<$type> for $codec {
            fn info(&self) -> CodecInfo {
                CodecInfo {
                    name: $name,
                    version: 1,
                    media_type: MEDIA_TYPE,
                }
            }

            fn encode(&self, value: &$type, out: &mut dyn io::Write) -> Result<(), CodecError> {
                Ok(value.archive(out)?)
            }

            fn decode(&self, bytes: &[u8], version: u32) -> Result<$type, CodecError> {
                self.decode_file(&in_memory(bytes), version)
            }

            fn stays_in_file(&self) -> bool {
                true
            }

            fn decode_file(&self, file: &ObjectFile, _version: u32) -> Result<$type, CodecError> {
                $type::of_object(file.clone()).map_err(malformed)
            }

            fn share(&self, value: &$type) -> Option<$type> {
                Some(value.clone())
            }

            fn describe(&self, value: &$type) -> Description {
                Description {
                    shape: Some($shape(value)),
                    summary: Some(value.to_string()),
                    ..Description::default()
                }
            }
        }

        // For one who has forgotten a derive, they are no help.
        #[diagnostic::do_not_recommend]
        impl Materialize for $type {
            fn codecs() -> Vec<Arc<dyn Codec<Self>>> {
                vec![Arc::new($codec)]
            }
        }
    };
}

codec!(FileTar, FileArtifact, "file-tar", |file: &FileArtifact| vec![
    file.size()
]);
codec!(
    FolderTar,
    FolderArtifact,
    "folder-tar",
    |folder: &FolderArtifact| vec![folder.file_count() as u64, folder.size()]
);
