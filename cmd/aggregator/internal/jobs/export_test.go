// SPDX-License-Identifier: Apache-2.0

package jobs

// NewImpatient makes a worker that takes over jobs of a dead one as soon as their own
// time is past.
var NewImpatient = newWorker
