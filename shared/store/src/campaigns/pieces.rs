//! What the parts of a file consist of: pieces that fit into an item, packed. A partition of DynamoDB
//! takes 1 MB a second, and a spreadsheet as text is packed to a tenth.

use super::parts::{Part, expiring};
use crate::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use call::time::Timestamp;
use campaign::CampaignId;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::io::{self, Read as _, Write as _};

/// Bytes of a part in one item, before they are packed. An item may have 400 KB, and what cannot be
/// packed grows by few bytes.
const PIECE_BYTES: usize = 350_000;

impl CallStore {
    /// The bytes of a part, piece by piece; `None` if one is not there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn part_bytes(
        &self,
        id: CampaignId,
        part: &Part,
    ) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        let mut pieces = Vec::new();
        for piece in 0..pieces_of(part) {
            let key = item::piece_key(id, &part.sha256.to_string(), piece);
            let found = self.client.get_item().table_name(&self.table);
            let found = found
                .consistent_read(true)
                .set_key(Some(key))
                .send()
                .await?;
            let Some(bytes) = found.item.and_then(bytes_of) else {
                return Ok(None);
            };
            pieces.push(bytes);
        }
        Ok(Some(pieces))
    }

    /// Stores what a part consists of, where nobody looks before it is announced.
    pub(super) async fn put_pieces(
        &self,
        id: CampaignId,
        part: &Part,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let digest = part.sha256.to_string();
        for (piece, bytes) in bytes.chunks(PIECE_BYTES).enumerate() {
            let mut row = item::piece_key(id, &digest, piece);
            let packed = packed(bytes).expect("memory takes what is written");
            let packed = AttributeValue::B(Blob::new(packed));
            row.insert("packed".to_owned(), packed);
            self.put_row(expiring(row, now)).await?;
        }
        Ok(())
    }
}

fn pieces_of(part: &Part) -> usize {
    let bytes = usize::try_from(part.bytes).unwrap_or(usize::MAX);
    bytes.div_ceil(PIECE_BYTES)
}

fn bytes_of(mut item: Item) -> Option<Vec<u8>> {
    let AttributeValue::B(packed) = item.remove("packed")? else {
        return None;
    };
    unpacked(packed.as_ref()).ok()
}

fn packed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes)?;
    packer.finish()
}

fn unpacked(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(PIECE_BYTES);
    let bound = u64::try_from(PIECE_BYTES).unwrap_or(u64::MAX);
    GzDecoder::new(packed).take(bound).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_packed_fits_into_an_item_all_the_same() {
        let mut state = 1_u32;
        let noise = (0..PIECE_BYTES).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
        let noise: Vec<u8> = noise.collect();
        let packed_noise = packed(&noise).unwrap();
        assert!(packed_noise.len() < 390_000, "{}", packed_noise.len());
        assert_eq!(unpacked(&packed_noise).unwrap(), noise);
        assert!(packed(&[7; PIECE_BYTES]).unwrap().len() < 5_000);
    }
}
