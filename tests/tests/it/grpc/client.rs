//! Triton's own client.

use std::process::Command;

use super::{Direct, serve};

fn python() -> Command {
    Command::new(std::env::var_os("ZEN_TEST_PYTHON").unwrap_or_else(|| "python3".into()))
}

fn available() -> bool {
    let found = python().args(["-c", "import tritonclient.grpc, numpy"]).output();
    zen_tests::require(
        "tritonclient[grpc] (in python3, or in what ZEN_TEST_PYTHON names)",
        found.is_ok_and(|output| output.status.success()),
    )
}

/// Runs a script with a client `c` of this server.
async fn run(backend: Direct, script: &str) {
    let address = serve(backend).await;
    let script = format!(
        "import numpy as np
import tritonclient.grpc as grpc
from tritonclient.utils import InferenceServerException
c = grpc.InferenceServerClient('{address}')
{script}"
    );
    let run = move || python().args(["-c", &script]).output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tritonclient_asks_and_predicts() {
    if !available() {
        return;
    }
    let script = "
assert c.is_server_live() and c.is_server_ready()
assert c.is_model_ready('iris') and c.is_model_ready('iris', '3')
assert c.get_server_metadata().name == 'zen'
model = c.get_model_metadata('iris')
assert list(model.versions) == ['3'] and list(model.inputs[0].shape) == [-1, 2], model
index = c.get_model_repository_index()
assert [(m.name, m.version, m.state) for m in index.models] == [('iris', '3', 'READY')], index

def infer(rows, **options):
    x = grpc.InferInput('input', list(rows.shape), 'FP32')
    x.set_data_from_numpy(rows)
    return c.infer(options.pop('model', 'iris'), [x], **options)

rows = np.array([[4, 9], [1, 16]], np.float32)
answer = infer(rows, request_id='42')
assert answer.as_numpy('output').tolist() == [6, 4], answer
assert answer.get_response().id == '42'
answer = infer(rows, model_version='3', outputs=[grpc.InferRequestedOutput('output')])
assert answer.as_numpy('output').tolist() == [6, 4], answer
assert infer(rows[:0]).as_numpy('output').shape == (0,)

def refused(code, call):
    try:
        call()
    except InferenceServerException as error:
        assert error.status() == 'StatusCode.' + code, error
    else:
        assert False, code

refused('NOT_FOUND', lambda: infer(rows, model='other'))
refused('NOT_FOUND', lambda: infer(rows, model_version='4'))
refused('INVALID_ARGUMENT', lambda: infer(rows[:, :1]))
refused('INVALID_ARGUMENT', lambda: infer(-rows * [1, -1]))
refused('INVALID_ARGUMENT', lambda: infer(rows, outputs=[grpc.InferRequestedOutput('output', class_count=2)]))
refused('INTERNAL', lambda: infer(rows * np.float32('nan')))
refused('RESOURCE_EXHAUSTED', lambda: infer(np.ones((1 << 18, 2), np.float32)))
refused('UNIMPLEMENTED', lambda: c.get_model_config('iris'))
";
    run(
        Direct::root(),
        &script.replace("-rows * [1, -1]", "(rows * [-1, 1]).astype(np.float32)"),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tritonclient_knows_every_type() {
    if !available() {
        return;
    }
    let script = "
values = {
    'bool': np.array([True, False]), 'text': np.array([b'', 'grüße'.encode()], object),
    **{f'{kind}{bits}': np.array([0, -1]).astype(f'{kind}{bits}') for kind in ['int', 'uint'] for bits in [8, 16, 32, 64]},
    **{f'float{bits}': np.array([0.5, -np.inf], f'float{bits}') for bits in [16, 32, 64]},
}
from tritonclient.utils import np_to_triton_dtype
inputs = []
for name, value in values.items():
    inputs.append(grpc.InferInput(name, [2], np_to_triton_dtype(value.dtype)))
    inputs[-1].set_data_from_numpy(value)
answer = c.infer('iris', inputs)
for name, value in values.items():
    found = answer.as_numpy('same_' + name)
    assert found.dtype == value.dtype and found.tolist() == value.tolist(), (name, found)
";
    run(Direct::types(), script).await;
}
