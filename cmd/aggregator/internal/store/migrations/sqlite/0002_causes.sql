-- SPDX-License-Identifier: Apache-2.0
-- Why a look is not complete, in codes and values beside the technical text.

-- +goose Up
ALTER TABLE coverage ADD COLUMN causes TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE coverage DROP COLUMN causes;
