package core_test
