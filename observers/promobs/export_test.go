package promobs

// NameOf is how the tests of the dashboard and the alerts spell a metric.
var NameOf = nameOf
