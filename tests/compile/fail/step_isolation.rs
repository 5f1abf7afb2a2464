use zen_core::prelude::*;

#[step(isolation = thread)]
fn a() {}

#[step(isolation(memory = "2GiB"))]
fn b() {}

#[step(isolation(process, memory = "plenty"))]
fn c() {}

#[step(isolation(process, memory = 2))]
fn d() {}

#[step(isolation(process, env(A = "1")))]
fn e() {}

#[step(isolation(process, enviroment("A" = "1")))]
fn f() {}

#[step(isolation)]
fn g() {}

fn main() {}
