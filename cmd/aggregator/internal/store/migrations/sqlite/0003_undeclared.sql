-- SPDX-License-Identifier: Apache-2.0
-- What nobody declared is said by source and counted apart from what was looked at.

-- +goose Up
ALTER TABLE finding ADD COLUMN undeclared BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE finding SET undeclared = TRUE WHERE outcome = 'inconclusive' AND detail LIKE '%"reason":"no-source"%';
DROP INDEX finding_by_outcome;
CREATE INDEX finding_by_outcome ON finding (finess, outcome, undeclared, severity_rank);

-- +goose Down
DROP INDEX finding_by_outcome;
CREATE INDEX finding_by_outcome ON finding (finess, outcome, severity_rank);
ALTER TABLE finding DROP COLUMN undeclared;
