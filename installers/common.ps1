# What setup.ps1, run.ps1 and test.ps1 share; the same steps as common.sh. Works with Windows PowerShell 5.1 and later.
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$Checkout = Split-Path -Parent $PSScriptRoot
$Environment = Join-Path $Checkout '.venv'
$VenvPython = Join-Path $Environment 'Scripts\python.exe'
$VenvUv = Join-Path $Environment 'Scripts\uv.exe'
$Biofm = Join-Path $Environment 'Scripts\biofm.exe'
$env:PIP_DISABLE_PIP_VERSION_CHECK = '1'
if (-not $env:UV_HTTP_TIMEOUT) { $env:UV_HTTP_TIMEOUT = '120' }
Remove-Item 'Env:VIRTUAL_ENV', 'Env:PYTHONHOME', 'Env:PYTHONPATH' -ErrorAction SilentlyContinue

function Say([string] $Text) { Write-Host "`n==> $Text" }

function Stop-With([string[]] $Lines, [int] $Status = 1) {
    Write-Host ''
    foreach ($line in $Lines) { Write-Host $line }
    exit $Status
}

function Test-Fits([string[]] $Command) {
    # Says whether this command starts a Python that we support.
    try {
        $rest = @($Command | Select-Object -Skip 1) + @('-c', 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))')
        & $Command[0] @rest *> $null
        return $LASTEXITCODE -eq 0
    } catch { return $false }
}

function Find-Python {
    $tried = @()
    if ($env:BIOFM_PYTHON) { $tried += , @($env:BIOFM_PYTHON) }
    $tried += @('py', '-3.12'), @('py', '-3.13'), @('py', '-3.11'), @('python'), @('python3')
    foreach ($command in $tried) { if (Test-Fits $command) { return , $command } }
    Stop-With 'BioFM Desktop needs Python 3.11, 3.12 or 3.13; none was found.',
        'Type: winget install Python.Python.3.12   then open a new window and run this again.',
        'If it is installed in a place of its own, set BIOFM_PYTHON to the path of its python.exe.'
}

function Invoke-Thrice([scriptblock] $Command) {
    # Runs the command up to three times, as networks have hiccups; says whether it went through.
    foreach ($try in 1..3) {
        & $Command | Out-Host
        if ($LASTEXITCODE -eq 0) { return $true }
        if ($try -lt 3) { Write-Host "That did not work; trying again in $($try * 5) seconds."; Start-Sleep ($try * 5) }
    }
    return $false
}
