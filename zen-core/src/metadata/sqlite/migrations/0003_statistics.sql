-- What stands in an artifact, as JSON of limited size; NULL when its codec doesn't tell.

ALTER TABLE artifact ADD COLUMN statistics TEXT;
