ALTER TABLE artifact ADD COLUMN statistics TEXT;
