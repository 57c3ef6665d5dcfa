// SPDX-License-Identifier: Apache-2.0

package config_test

import "testing"

func TestExampleLoads(t *testing.T) {
	c, err := load("../../../../docs/agent.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if warnings, faults := c.Validate(); len(warnings)+len(faults) > 0 {
		t.Error(warnings, faults)
	}
}
