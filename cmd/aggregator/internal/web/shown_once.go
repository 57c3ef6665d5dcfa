// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"fmt"
)

// keepToShow keeps, concealed, what the next page shows once.
func (v *visit) keepToShow(key string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("keep %s until it is shown: %w", key, err)
	}
	v.server.sessions.Put(v.Context(), key, v.server.accounts.Conceal(v.user.ID, string(raw)))
	return nil
}

// takeToShow reads what was kept, which is kept no longer.
func (v *visit) takeToShow(key string, body any) (kept bool, err error) {
	sealed := v.server.sessions.PopString(v.Context(), key)
	if sealed == "" {
		return false, nil
	}
	raw, err := v.server.accounts.Reveal(v.user.ID, sealed)
	if err == nil {
		err = json.Unmarshal([]byte(raw), body)
	}
	if err != nil {
		return false, fmt.Errorf("read the %s to show: %w", key, err)
	}
	return true, nil
}
